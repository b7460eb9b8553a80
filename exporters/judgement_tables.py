"""A judgement as tables: one list of cells for the terminal and for the model card."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.table import Table

from exporters.baseline import KINDS
from exporters.evaluation import Score
from exporters.judging import Judgement


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table's title, its columns and its cells."""

    title: str
    columns: tuple[str, ...]
    cells: Sequence[tuple[str, ...]]

    def shown(self) -> Table:
        """For a terminal."""
        table = Table(*self.columns, title=self.title)
        for line in self.cells:
            table.add_row(*line)
        return table

    def markdown(self) -> str:
        """For a document."""
        lines = [self.columns, ("---",) * len(self.columns), *self.cells]
        rows = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return f"**{self.title}**\n\n{rows}\n"


def sheets(judged: Judgement, classes: bool = False) -> list[Sheet]:
    """All tables; those of single labels only on demand, because they are long."""
    found = [scores_sheet(judged), trust_sheet(judged), robust_sheet(judged)]
    if judged.losses:
        found.append(losses_sheet(judged))
    if classes:
        found.append(classes_sheet(judged))
    return found


def scores_sheet(judged: Judgement) -> Sheet:
    """Scores by head, language and source with the baselines' beside them."""
    beside = {
        kind: {(one.head, one.language, one.source): one.value for one in found}
        for kind, found in judged.baselines.items()
    }
    cells = []
    for one in sorted(judged.scores, key=_place):
        others = [beside.get(kind, {}).get(_place(one)) for kind in KINDS]
        told = ["" if value is None else f"{value:.2f}" for value in others]
        cells.append((*_place(one), str(one.rows), f"{one.value:.2f}", *told))
    return Sheet("scores", ("head", "language", "source", "rows", "model", *KINDS), cells)


def trust_sheet(judged: Judgement) -> Sheet:
    """Calibration error and coverage; out-of-scope recall below them."""
    cells = [
        (
            one.head,
            one.language,
            one.source,
            str(one.rows),
            f"{one.error:.3f}",
            f"{one.coverage:.2f}",
        )
        for one in judged.trust
    ]
    cells += [
        ("intent", language, "out-of-scope recall", "", "", f"{value:.2f}")
        for language, value in judged.outside.items()
    ]
    columns = ("head", "language", "source", "rows", "calibration error", "coverage at 95 %")
    return Sheet("trust", columns, cells)


def robust_sheet(judged: Judgement) -> Sheet:
    """Labels that stay under changes, and negations."""
    cells = [
        (one.check, one.language, one.head, str(one.rows), f"{one.share:.2f}")
        for one in judged.robust
    ]
    return Sheet("labels kept under changes", ("change", "language", "head", "rows", "kept"), cells)


def losses_sheet(judged: Judgement) -> Sheet:
    """Where a baseline is better on a source that nobody learned from."""
    cells = [
        (*_place(one.score), f"{one.score.value:.2f}", one.kind, f"{one.baseline:.2f}")
        for one in judged.losses
    ]
    columns = ("head", "language", "source", "model", "baseline", "its score")
    return Sheet("baselines that win on unseen sources", columns, cells)


def classes_sheet(judged: Judgement) -> Sheet:
    """F1 of every label."""
    cells = [
        (one.head, one.language, one.source, one.label, str(one.rows), f"{one.value:.2f}")
        for one in judged.classes
    ]
    return Sheet("labels", ("head", "language", "source", "label", "rows", "F1"), cells)


def markdown_of(found: Iterable[Sheet]) -> str:
    """Tables one below the other."""
    return "\n".join(one.markdown() for one in found)


def _place(one: Score) -> tuple[str, str, str]:
    return one.head, one.language, one.source
