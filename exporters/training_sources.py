"""Where a run's rows come from: own corpus, public rows, what people read again. Trains nothing."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rich.console import Console

from exporters.corpus_reader import CORPUS_FOLDER, read_corpus
from exporters.problems import SettingError
from exporters.public_rows import Refused, read_dev_rows, read_training_rows
from exporters.rereading import TABLES, read_table, reread
from exporters.rows import Row
from exporters.splits import split_by_situation

SHOWN_REFUSALS = 5


@dataclass(frozen=True, slots=True)
class TrainingSources:
    """Where a run's rows and teachers come from."""

    data: Path | None = None
    corpus: Path | None = None
    left_out: tuple[str, ...] = ()
    reread: tuple[Path, ...] = ()
    teachers: bool = True
    encoder: Path | None = None
    skip_bad_rows: bool = False
    start: Path | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """Rows by what they are for: `own` and `public` to learn from, the others to measure by."""

    own: Sequence[Row]
    public: Sequence[Row]
    held_out: Sequence[Row]
    dev: Sequence[Row] = ()

    @property
    def learned(self) -> list[Row]:
        """All that a run may learn from."""
        return [*self.own, *self.public]

    @property
    def measured(self) -> list[Row]:
        """All that a model is measured by."""
        return [*self.held_out, *self.dev]


def gathered(sources: TrainingSources, console: Console) -> Gathered:
    """Reads everything; raises `SettingError` with file and line, or tells what it left out."""
    own = read_corpus(sources.corpus or CORPUS_FOLDER).every_row()
    learned, held_out = split_by_situation(own)
    if not learned or not held_out:
        raise SettingError("--corpus", len(own), "enough situations to hold some out")
    if sources.data is None:
        return Gathered(learned, (), held_out)
    refused: Refused = [] if sources.skip_bad_rows else None
    table = read_table((*sorted(TABLES.glob("*.jsonl")), *sources.reread))
    public = _kept(read_training_rows(sources.data, refused, table), sources.left_out)
    dev = read_dev_rows(sources.data, refused, {row.text for row in public})
    _tell_refused(refused, console)
    return Gathered(learned, reread(public, table), held_out, dev)


def _kept(rows: Sequence[Row], left_out: Sequence[str]) -> list[Row]:
    unknown = set(left_out) - {row.source for row in rows}
    if unknown:
        raise SettingError("--leave-out", ", ".join(sorted(unknown)), "a source of --data")
    return [row for row in rows if row.source not in left_out]


def some_of_each(rows: Iterable[Row], most: int) -> list[Row]:
    """At most so many of each source, and of its rows that somebody read again."""
    by_source: dict[tuple[str, bool], list[Row]] = defaultdict(list)
    for row in rows:
        by_source[row.source, row.reread].append(row)
    rng = Random(most)  # noqa: S311 - draws rows, keeps no secret
    return [
        row
        for each in by_source.values()
        for row in (each if len(each) <= most else rng.sample(each, most))
    ]


def _tell_refused(refused: Refused, console: Console) -> None:
    for error in (refused or ())[:SHOWN_REFUSALS]:
        console.print(f"left out: {error}", highlight=False, markup=False)
    if refused:
        console.print(f"{len(refused)} bad rows left out")
