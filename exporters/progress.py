"""What a run shows while it trains: a progress bar, a line an epoch, TensorBoard curves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from torch.utils.tensorboard import SummaryWriter

from exporters.evaluation import Score


class Reporter:
    """Writes to a terminal and to `folder`; holds no state of the training."""

    def __init__(self, folder: Path, console: Console, rows_in_all: int) -> None:
        self._writer = SummaryWriter(str(folder))
        self._progress = Progress(
            TextColumn("training"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f} rows"),
            TimeElapsedColumn(),
            console=console,
        )
        self._task = self._progress.add_task("train", total=rows_in_all)

    def __enter__(self) -> "Reporter":
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()
        self._writer.close()

    def rows_done(self, rows: int) -> None:
        """Moves the bar to so many rows."""
        self._progress.update(self._task, completed=rows)

    def losses(self, number: int, losses: Mapping[str, float]) -> None:
        """A line, and a point on each loss's curve."""
        told = "  ".join(f"{name} {value:.3f}" for name, value in losses.items())
        self._progress.console.print(f"epoch {number}: {told}", highlight=False)
        for name, value in losses.items():
            self._writer.add_scalar(f"loss/{name}", value, number)

    def epoch(
        self, number: int, losses: Mapping[str, float], found: Sequence[Score], mean: float
    ) -> None:
        """Losses, a table of the scores, and a point on each of their curves."""
        self.losses(number, losses)
        console = self._progress.console
        console.print(f"epoch {number}: mean of own scores {mean:.3f}", highlight=False)
        console.print(epoch_table(found))
        for one in found:
            curve = f"{one.head}/{one.language} {one.source}"
            self._writer.add_scalar(f"{curve} F1", one.value, number)
            self._writer.add_scalar(f"{curve} accuracy", one.accuracy, number)
        self._writer.add_scalar("mean", mean, number)


def epoch_table(found: Sequence[Score]) -> Table:
    """F1 and, behind the bar, accuracy: a line a language and source, a column a head."""
    heads = list(dict.fromkeys(one.head for one in found))
    table = Table("language", "source", *heads)
    cells = {(one.language, one.source, one.head): one for one in found}
    for language, source in dict.fromkeys((one.language, one.source) for one in found):
        shown = []
        for head in heads:
            one = cells.get((language, source, head))
            shown.append("" if one is None else f"{one.value:.2f} | {one.accuracy:.2f}")
        table.add_row(language, source, *shown)
    return table
