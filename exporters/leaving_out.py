"""Leave-source-out: trains without a source and measures on it, the honest figure for strangers.

Each source costs a training; the runs are thrown away.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from exporters.baseline import Baselines, baselines
from exporters.evaluation import Score
from exporters.problems import SettingError
from exporters.run_folder import RunFolder
from exporters.training import measure
from exporters.training_sources import TrainingSources, gathered
from exporters.training_steps import train_run


def leave_sources_out(
    names: Sequence[str], sources: TrainingSources, changes: Sequence[str], console: Console
) -> None:
    """Prints a table for each source; raises `SettingError` where it has no row to measure by."""
    for name in names:
        console.print(f"without {name}", highlight=False)
        with TemporaryDirectory() as place:
            found, beside = _left_out(name, sources, changes, Path(place), console)
        console.print(_table(name, found, beside))


def _left_out(
    name: str, sources: TrainingSources, changes: Sequence[str], place: Path, console: Console
) -> tuple[list[Score], Baselines]:
    without = replace(sources, left_out=(*sources.left_out, name))
    rows = gathered(without, console)
    measured = [row for row in rows.dev if row.source == name]
    if not measured:
        raise SettingError("--leave-source-out", name, "a source with rows in dev/ of --data")
    folder = RunFolder(place / "run")
    train_run(folder.path, without, False, changes, console)
    network = folder.network()
    tokenizer = folder.tokenizer(network.shape.max_tokens)
    return measure(network, measured, tokenizer), baselines(rows.learned, measured)


def _table(name: str, found: Sequence[Score], beside: Baselines) -> Table:
    table = Table("head", "language", "rows", "model", *beside, title=f"never read: {name}")
    values = {
        kind: {(one.head, one.language): f"{one.value:.2f}" for one in each}
        for kind, each in beside.items()
    }
    for one in found:
        others = [values[kind].get((one.head, one.language), "") for kind in beside]
        table.add_row(one.head, one.language, str(one.rows), f"{one.value:.2f}", *others)
    return table
