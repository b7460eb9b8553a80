"""Scores of predictions against labels: macro F1, binary F1, exact-span F1. Numbers only."""

from collections import Counter
from collections.abc import Iterable, Sequence

from exporters.rows import Span


def macro_f1(wanted: Sequence[str], found: Sequence[str]) -> float:
    """Mean F1 of the labels that occur in `wanted`."""
    labels = sorted(set(wanted))
    if not labels:
        return 0.0
    return sum(binary_f1(_is(wanted, one), _is(found, one)) for one in labels) / len(labels)


def _is(values: Sequence[str], label: str) -> list[bool]:
    return [value == label for value in values]


def binary_f1(wanted: Sequence[bool], found: Sequence[bool]) -> float:
    """F1 of True."""
    hits = sum(one and other for one, other in zip(wanted, found, strict=True))
    return _f1(hits, sum(wanted), sum(found))


def _f1(hits: int, wanted: int, found: int) -> float:
    return 2 * hits / (wanted + found) if wanted + found else 0.0


def span_f1(
    wanted: Iterable[Iterable[Span]], found: Iterable[Iterable[Span]], types: frozenset[str]
) -> float:
    """F1 of spans with the same bounds and type, over all rows; other types are left out."""
    hits, wanted_count, found_count = 0, 0, 0
    for one, other in zip(wanted, found, strict=True):
        right = Counter(span for span in one if span.type in types)
        guessed = Counter(span for span in other if span.type in types)
        hits += (right & guessed).total()
        wanted_count += right.total()
        found_count += guessed.total()
    return _f1(hits, wanted_count, found_count)
