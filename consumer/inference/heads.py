"""Logits to calibrated predictions, for a whole batch at once.

Checks what the model gave before anybody believes it: a row with a number that is not finite, or
a head of the wrong shape, becomes `Unusable`, never a prediction. Runs no model.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consumer.inference.faults import Unusable
from consumer.inference.manifest import OUTSIDE, Task, Tasks
from consumer.inference.prepared import Prepared
from consumer.records import Prediction, Span

Floats = NDArray[np.floating[Any]]
Outputs = dict[str, NDArray[Any]]

_DECIMALS = 6
_WRONG_SHAPE = Unusable("model_output", "WrongShape")
_NOT_FINITE = Unusable("model_output", "NotFinite")
_CALM = "neutral"


def softmax(logits: Floats, temperature: float) -> Floats:
    """Probabilities along the last axis, in double precision."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=-1, keepdims=True)
    np.exp(scaled, out=scaled)
    scaled /= scaled.sum(axis=-1, keepdims=True)
    return scaled


def anger_scores(logits: Floats, temperature: float) -> Floats:
    """Mean of P(level >= 1), P(>= 2) and P(>= 3): the expected level divided by three."""
    bounded = np.clip(logits.astype(np.float64) / temperature, -60.0, 60.0)
    means: Floats = (1.0 / (1.0 + np.exp(-bounded))).mean(axis=-1)
    return means


class Heads:
    """The five heads of a bundle, reading the outputs of its graphs."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._labelled = (tasks.category, tasks.intent, tasks.sentiment)
        labels = tasks.tags.labels
        self._outside = labels.index(OUTSIDE)
        self._types = tuple(label[2:] for label in labels)
        self._begins = tuple(label.startswith("B-") for label in labels)

    def predictions(
        self, batch: Sequence[Prepared], lengths: NDArray[np.int32], outputs: Outputs
    ) -> list[Prediction | Unusable]:
        """One result for each row of a batch, in order."""
        if not self._shapes_hold(len(batch), int(lengths.max()), outputs):
            return [_WRONG_SHAPE] * len(batch)
        inside = _word_positions(lengths, outputs[self._tasks.tags.output].shape[1])
        finite = self._finite_rows(outputs, inside)
        with np.errstate(all="ignore"):  # rows that are not finite are dropped below
            columns = [self._dicts(task, outputs) for task in self._labelled]
            anger = self._anger(outputs)
            spans = self._spans(batch, inside & finite[:, None], outputs)
        nothing: tuple[Span, ...] = ()
        return [
            Prediction(category, intent, sentiment, score, spans.get(row, nothing))
            if good
            else _NOT_FINITE
            for row, (good, category, intent, sentiment, score) in enumerate(
                zip(finite.tolist(), *columns, anger, strict=True)
            )
        ]

    def nothing_known(self) -> Prediction:
        """For a text without content: every label alike, and calm."""
        category, intent, sentiment = (task.labels for task in self._labelled)
        moods = {label: float(label == _CALM) for label in sentiment}
        return Prediction(_uniform(category), _uniform(intent), moods, 0.0, ())

    def _shapes_hold(self, rows: int, longest: int, outputs: Outputs) -> bool:
        tasks = self._tasks
        for task in (*self._labelled, tasks.anger):
            found = outputs.get(task.output)
            if found is None or found.shape != (rows, len(task.labels)):
                return False
        tags = outputs.get(tasks.tags.output)
        if tags is None or tags.ndim != 3 or tags.shape[1] < longest:
            return False
        return tags.shape[::2] == (rows, len(tasks.tags.labels))

    def _finite_rows(self, outputs: Outputs, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
        tags = outputs[self._tasks.tags.output]
        finite: NDArray[np.bool_] = np.all(np.isfinite(tags).all(axis=2) | ~inside, axis=1)
        for task in (*self._labelled, self._tasks.anger):
            np.logical_and(finite, np.isfinite(outputs[task.output]).all(axis=1), out=finite)
        return finite

    def _dicts(self, task: Task, outputs: Outputs) -> list[dict[str, float]]:
        rows = softmax(outputs[task.output], task.temperature).round(_DECIMALS).tolist()
        return [dict(zip(task.labels, row, strict=True)) for row in rows]

    def _anger(self, outputs: Outputs) -> list[float]:
        task = self._tasks.anger
        scores = anger_scores(outputs[task.output], task.temperature)
        found: list[float] = scores.round(_DECIMALS).tolist()
        return found

    def _spans(
        self, batch: Sequence[Prepared], usable: NDArray[np.bool_], outputs: Outputs
    ) -> dict[int, tuple[Span, ...]]:
        """Spans of the rows that have any; only tagged tokens are looked at one by one."""
        task = self._tasks.tags
        logits = outputs[task.output]
        best = logits.argmax(axis=2)
        rows, columns = np.nonzero((best != self._outside) & usable)
        if not len(rows):
            return {}
        tags = best[rows, columns]
        chances = softmax(logits[rows, columns], task.temperature)
        sure = chances[np.arange(len(tags)), tags].round(_DECIMALS)
        tokens = zip(rows.tolist(), columns.tolist(), tags.tolist(), sure.tolist(), strict=True)
        return self._joined(batch, tokens)

    def _joined(
        self, batch: Sequence[Prepared], tokens: Iterator[tuple[int, int, int, float]]
    ) -> dict[int, tuple[Span, ...]]:
        """Joins neighbouring tokens of a type. An `I-` with nothing to continue starts a span."""
        open_spans: list[tuple[int, str, int, int, float]] = []
        for row, column, tag, sure in tokens:
            kind = self._types[tag]
            if open_spans and not self._begins[tag]:
                before, type_, first, last, least = open_spans[-1]
                if (before, type_, last + 1) == (row, kind, column):
                    open_spans[-1] = (row, kind, first, column, min(least, sure))
                    continue
            open_spans.append((row, kind, column, column, sure))
        found: dict[int, tuple[Span, ...]] = {}
        offsets: list[tuple[int, int]] = []
        for row, kind, first, last, sure in open_spans:
            if row not in found:
                offsets = batch[row].offsets()
            span = _raw_span(batch[row], offsets, kind, first, last, sure)
            found[row] = (*found.get(row, ()), *span)
        return found


def _raw_span(
    prepared: Prepared,
    offsets: Sequence[tuple[int, int]],
    kind: str,
    first: int,
    last: int,
    sure: float,
) -> tuple[Span, ...]:
    """The span in code points of the raw text; none where its tokens stand for nothing."""
    start, end = offsets[first - 1][0], offsets[last - 1][1]
    if start >= end:
        return ()
    return (Span(kind, *prepared.canonical.raw_span(start, end), sure),)


def _word_positions(lengths: NDArray[np.int32], width: int) -> NDArray[np.bool_]:
    """Which positions hold words: neither padding nor the first and last special token."""
    columns = np.arange(width)
    found: NDArray[np.bool_] = (columns < lengths[:, None] - 1) & (columns > 0)
    return found


def _uniform(labels: Sequence[str]) -> dict[str, float]:
    return dict.fromkeys(labels, round(1 / len(labels), _DECIMALS))
