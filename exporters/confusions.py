"""Draws what a model takes for what: one picture a head and language."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from exporters.evaluation import top
from exporters.labels import CHOICE_HEADS, LABELS
from exporters.robustness import Ask
from exporters.rows import Row

_INCHES_PER_LABEL = 0.7


def draw_confusions(rows: Sequence[Row], ask: Ask, folder: Path) -> Iterator[Path]:
    """Writes the pictures and tells where."""
    folder.mkdir(parents=True, exist_ok=True)
    answers = ask([row.text for row in rows])
    for head in CHOICE_HEADS:
        for language in sorted({row.language for row in rows}):
            known = [
                (getattr(row, head), top(getattr(answer.prediction, head)))
                for row, answer in zip(rows, answers, strict=True)
                if row.language == language and getattr(row, head) is not None
            ]
            if known:
                path = folder / f"{head}-{language}.png"
                _draw(known, LABELS[head], path)
                yield path


def _draw(known: Sequence[tuple[str, str]], labels: Sequence[str], path: Path) -> None:
    size = 2 + _INCHES_PER_LABEL * len(labels)
    figure = Figure(figsize=(size, size), layout="constrained")
    wanted, found = zip(*known, strict=True)
    ConfusionMatrixDisplay.from_predictions(
        wanted,
        found,
        labels=labels,
        normalize="true",
        values_format=".2f",
        xticks_rotation="vertical",
        colorbar=False,
        ax=figure.subplots(),
    )
    figure.savefig(path)
