"""What a run shows while it trains: a progress bar, a line an epoch, TensorBoard curves."""

from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from torch.utils.tensorboard import SummaryWriter


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

    def epoch(self, number: int, figures: dict[str, float]) -> None:
        """One line, and one point on each curve."""
        line = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
        self._progress.console.print(f"epoch {number:>3}  {line}", highlight=False)
        for name, value in figures.items():
            self._writer.add_scalar(name, value, number)
