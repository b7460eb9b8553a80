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
Flags = NDArray[np.bool_]
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


def top_chance(logits: Floats, temperature: float) -> Floats:
    """The greatest of the probabilities that `softmax` gives."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=-1, keepdims=True)
    chances: Floats = 1 / np.exp(scaled, out=scaled).sum(axis=-1)
    return chances


def anger_scores(logits: Floats) -> Floats:
    """Mean of P(level >= 1), P(>= 2) and P(>= 3): the expected level divided by three."""
    # The logistic function, written so that nothing overflows.
    means: Floats = 0.5 + 0.5 * (np.tanh(0.5 * logits).sum(axis=-1) / logits.shape[-1])
    return means


class Heads:
    """The five heads of a bundle, reading the outputs of its graphs."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._labelled = (tasks.category, tasks.intent, tasks.sentiment)
        self._side_by_side = _SideBySide(self._labelled, tasks.anger)
        self._labels = tuple(task.labels for task in self._labelled)
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
        with np.errstate(all="ignore"):  # rows that are not finite are dropped below
            scores, finite = self._side_by_side.scores(outputs)
            labels, tagged, readable = self._tagged(lengths, outputs)
            finite &= readable
            spans = self._spans(batch, labels, tagged & finite[:, None], outputs)
        rows = zip(finite.tolist(), scores.tolist(), strict=True)
        return [
            self._prediction(numbers, spans.get(row, ())) if good else _NOT_FINITE
            for row, (good, numbers) in enumerate(rows)
        ]

    def _prediction(self, numbers: list[float], spans: tuple[Span, ...]) -> Prediction:
        """A row's numbers by label; `zip` stops at the shorter, so each head takes its own."""
        column = iter(numbers)
        category, intent, sentiment = self._labels
        return Prediction(
            dict(zip(category, column, strict=False)),
            dict(zip(intent, column, strict=False)),
            dict(zip(sentiment, column, strict=False)),
            next(column),
            spans,
        )

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

    def _tagged(
        self, lengths: NDArray[np.int32], outputs: Outputs
    ) -> tuple[NDArray[np.intp], Flags, Flags]:
        """Best labels, words that have a tag [rows, width]; rows whose tags are numbers [rows]."""
        logits = outputs[self._tasks.tags.output]
        labels = logits.argmax(axis=2)  # a third of the cost of `max`; NaN counts as the greatest
        top = logits.ravel().take(labels + _starts(logits))
        columns = np.arange(logits.shape[1])
        words = columns < lengths[:, None] - 1  # neither padding nor the last special token
        words[:, 0] = False  # nor the first
        readable: Flags = (np.isfinite(top) | ~words).all(axis=1)
        return labels, (top > logits[:, :, self._outside]) & words, readable

    def _spans(
        self, batch: Sequence[Prepared], labels: NDArray[np.intp], tagged: Flags, outputs: Outputs
    ) -> dict[int, tuple[Span, ...]]:
        """Spans of the rows that have any; only tagged tokens are looked at one by one."""
        rows, columns = tagged.nonzero()
        if not len(rows):
            return {}
        task = self._tasks.tags
        tags = labels[rows, columns]
        sure = top_chance(outputs[task.output][rows, columns], task.temperature).round(_DECIMALS)
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


class _SideBySide:
    """The labelled heads and anger as one matrix, because a call costs more than a row."""

    def __init__(self, labelled: Sequence[Task], anger: Task) -> None:
        sizes = [len(task.labels) for task in labelled]
        tasks = (*labelled, anger)
        self._outputs = [task.output for task in tasks]
        self._scale = np.repeat(
            [1 / task.temperature for task in tasks], [*sizes, len(anger.labels)]
        )
        self._flat = sum(sizes)
        self._starts = np.cumsum([0, *sizes[:-1]])
        self._head_of = np.repeat(np.arange(len(sizes)), sizes)

    def scores(self, outputs: Outputs) -> tuple[Floats, Flags]:
        """Softmax of each labelled head, then anger [rows, all labels + 1]; which are finite."""
        logits = [outputs[name] for name in self._outputs]
        every: Floats = np.concatenate(logits, axis=1, dtype=np.float64)
        finite: Flags = np.isfinite(every.sum(axis=1))  # one sum tells of any of its terms
        every *= self._scale
        flat = every[:, : self._flat]
        flat -= np.maximum.reduceat(flat, self._starts, axis=1)[:, self._head_of]
        np.exp(flat, out=flat)
        flat /= np.add.reduceat(flat, self._starts, axis=1)[:, self._head_of]
        every[:, self._flat] = anger_scores(every[:, self._flat :])
        return every[:, : self._flat + 1].round(_DECIMALS), finite


def _starts(logits: NDArray[Any]) -> NDArray[np.intp]:
    """Where the labels of each word begin in the flat array."""
    rows, width, labels = logits.shape
    return np.arange(0, rows * width * labels, labels).reshape(rows, width)


def _uniform(labels: Sequence[str]) -> dict[str, float]:
    return dict.fromkeys(labels, round(1 / len(labels), _DECIMALS))
