"""A labelled message, whatever it was read from. Values only; a row trains the heads it has."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from exporters.labels import ENTITY_TYPES, MAX_ANGER

OWN = "own"
"""Source name of the project's own corpus."""

OWN_TURNS = "own-turns"
"""Customers' turns of its conversations, a line of their own in every table."""

UNKNOWN = -1
"""Where it is not known whether the anger reaches a level."""

ALL_TYPES = frozenset(ENTITY_TYPES)


@dataclass(frozen=True, slots=True)
class Span:
    """A named stretch of the text, in code points, end exclusive."""

    start: int
    end: int
    type: str


@dataclass(frozen=True, slots=True)
class Row:
    """A message and its labels; None where a label is unknown.

    `anger` holds for each level 1..3 whether it is reached: 0, 1 or UNKNOWN. `marked_types` are
    the entity types that the source marks: an unmarked word may still be of another type.
    `weight` scales the loss of the message's labels, `weak` asks for smoothed targets.
    """

    text: str
    language: str
    source: str
    situation: str = ""
    category: str | None = None
    intent: str | None = None
    sentiment: str | None = None
    anger: tuple[int, ...] | None = None
    spans: tuple[Span, ...] | None = None
    marked_types: frozenset[str] = field(default=ALL_TYPES)
    weight: float = 1.0
    weak: bool = False
    reread: bool = False
    """Somebody read it again and gave it labels by this project's rules."""


def rows_sha256(rows: Iterable[Row]) -> str:
    """One hash of rows and labels, whatever their order: tells whether two runs read the same."""
    each = sorted(
        hashlib.sha256(
            repr(
                (
                    row.text,
                    row.source,
                    row.category,
                    row.intent,
                    row.sentiment,
                    row.anger,
                    row.spans,
                )
            ).encode()
        ).digest()
        for row in rows
    )
    return hashlib.sha256(b"".join(each)).hexdigest()


def reached_levels(anger: int) -> tuple[int, ...]:
    """Which of the levels 1..3 an anger of 0..3 reaches."""
    return tuple(int(anger >= level) for level in range(1, MAX_ANGER + 1))
