"""Rows to token ids and targets, through the service's own tokenizer. No tensors, no batching."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consumer.inference.manifest import OUTSIDE
from consumer.inference.prepared import Prepared
from consumer.inference.tokenizer import TextTokenizer
from exporters.labels import CHOICE_HEADS, LABELS, MAX_ANGER, TAGS
from exporters.rows import UNKNOWN, Row, Span

NOT_TAUGHT = -1
"""Place of a text of which no teacher spoke."""

IGNORED = -100
"""Target of what is not to be learned; the default of the loss functions."""

_TAG_INDEX = {tag: index for index, tag in enumerate(TAGS)}
_LABEL_INDEX = {
    head: {label: index for index, label in enumerate(LABELS[head])} for head in CHOICE_HEADS
}


@dataclass(frozen=True, slots=True)
class Example:
    """A row as numbers. `tags` has one target for each id."""

    ids: list[int]
    choices: tuple[int, ...]
    anger: tuple[int, ...]
    tags: list[int] | None
    marked_types: frozenset[str]
    weight: float
    weak: bool
    taught: int = NOT_TAUGHT
    """Row of what teachers say of the text."""


def encode_rows(
    rows: Sequence[Row], tokenizer: TextTokenizer, taught: Sequence[int] = ()
) -> list[Example]:
    """Examples of the rows, in order; `taught` has one place a row, or is empty."""
    places = taught or [NOT_TAUGHT] * len(rows)
    prepared = tokenizer.encode_batch([row.text for row in rows])
    return [_example(*each) for each in zip(rows, prepared, places, strict=True)]


def _example(row: Row, prepared: Prepared, taught: int) -> Example:
    choices = (row.category, row.intent, row.sentiment)
    return Example(
        ids=prepared.ids,
        choices=tuple(
            IGNORED if label is None else _LABEL_INDEX[head][label]
            for head, label in zip(CHOICE_HEADS, choices, strict=True)
        ),
        anger=row.anger if row.anger is not None else (UNKNOWN,) * MAX_ANGER,
        tags=None if row.spans is None else tag_targets(prepared, row.spans),
        marked_types=row.marked_types,
        weight=row.weight,
        weak=row.weak,
        taught=taught,
    )


def tag_targets(prepared: Prepared, spans: Iterable[Span]) -> list[int]:
    """A tag for each id; the special tokens are ignored. Spans count raw code points."""
    targets = [IGNORED, *([_TAG_INDEX[OUTSIDE]] * (prepared.length - 2)), IGNORED]
    if not spans:
        return targets
    inner = prepared.offsets()[: prepared.length - 2]
    places = [prepared.canonical.raw_span(start, end) for start, end in inner]
    for span in spans:
        part = "B"
        for position, (start, end) in enumerate(places, start=1):
            if start < span.end and end > span.start:
                targets[position] = _TAG_INDEX[f"{part}-{span.type}"]
                part = "I"
    return targets


def spans_of(tags: Sequence[str], places: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
    """Spans of a tag sequence, one place a tag. An `I-` that continues nothing starts a span."""
    spans: list[Span] = []
    open_type = OUTSIDE
    for tag, (start, end) in zip(tags, places, strict=True):
        part, _, name = tag.partition("-")
        if part == "I" and name == open_type:
            spans[-1] = Span(spans[-1].start, end, name)
        elif part != OUTSIDE:
            spans.append(Span(start, end, name))
        open_type = name or OUTSIDE
    return tuple(spans)
