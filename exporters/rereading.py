"""Labels that people gave to public texts on reading them again, kept without the texts.

A line of a table is JSON: `sha256` of the text in UTF-8 and any of `category`, `intent`,
`sentiment`, `anger` (0-3) and `spans` ([start, end, type], in code points). What it says replaces
the row's own labels, in full weight; spans do so only where the source marks none.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from exporters.labels import ENTITY_TYPES, LABELS
from exporters.problems import SettingError
from exporters.rows import ALL_TYPES, Row, Span, reached_levels

TABLES = Path(__file__).parent / "rereadings"
"""What this project's people read again; a source's rows come with `--data`."""

GIVEN_AWAY = 0.95
"""Share of one label from which on the source alone would tell it: such a head is not taught."""

_JUDGED = ("category", "intent")
"""Heads that a model may learn to answer by telling sources apart."""

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class Reading(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a table."""

    sha256: Sha256
    category: str | None = None
    intent: str | None = None
    sentiment: str | None = None
    anger: Annotated[int, Meta(ge=0, le=3)] | None = None
    spans: tuple[tuple[int, int, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    file: Path
    number: int
    content: bytes


def read_table(files: Iterable[Path]) -> dict[str, Reading]:
    """Readings by hash; raises `SettingError` with file and line."""
    found: dict[str, Reading] = {}
    for line in _lines(files):
        place = f"{line.file}:{line.number}"
        try:
            reading = msgspec.json.decode(line.content, type=Reading)
        except msgspec.MsgspecError as error:
            raise SettingError("--reread", place, str(error)) from error
        for head in ("category", "intent", "sentiment"):
            label, known = getattr(reading, head), LABELS[head]
            if label is not None and label not in known:
                raise SettingError(place, label, f"{head} is one of {', '.join(known)}")
        for _, _, name in reading.spans or ():
            if name not in ENTITY_TYPES:
                raise SettingError(place, name, f"a type is one of {', '.join(ENTITY_TYPES)}")
        found[reading.sha256] = reading
    return found


def _lines(files: Iterable[Path]) -> Iterable[_Line]:
    for file in files:
        for number, content in enumerate(file.read_bytes().splitlines(), start=1):
            if content.strip():
                yield _Line(file, number, content)


def reread(rows: Sequence[Row], table: Mapping[str, Reading]) -> list[Row]:
    """The rows, those of the table with its labels."""
    if not table:
        return list(rows)
    found = [_reread(row, table.get(text_hash(row.text))) for row in rows]
    given_away = _given_away(found)
    return [_without(row, given_away[row.source]) if row.reread else row for row in found]


def _given_away(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Heads of a source whose readings nearly all say the same."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        for head in _JUDGED if row.reread else ():
            counts[row.source, head][getattr(row, head)] += 1
    heads: dict[str, list[str]] = defaultdict(list)
    for (source, head), each in counts.items():
        if max(each.values()) > GIVEN_AWAY * each.total():
            heads[source].append(head)
    return heads


def _without(row: Row, heads: Sequence[str]) -> Row:
    return replace(
        row,
        category=None if "category" in heads else row.category,
        intent=None if "intent" in heads else row.intent,
    )


def text_hash(text: str) -> str:
    """What a table knows a text by."""
    return hashlib.sha256(text.encode()).hexdigest()


def _reread(row: Row, reading: Reading | None) -> Row:
    if reading is None:
        return row
    spans, marked = row.spans, row.marked_types
    if spans is None and reading.spans is not None:
        spans, marked = tuple(Span(*one) for one in reading.spans), ALL_TYPES
    return replace(
        row,
        category=reading.category or row.category,
        intent=reading.intent or row.intent,
        sentiment=reading.sentiment or row.sentiment,
        anger=row.anger if reading.anger is None else reached_levels(reading.anger),
        spans=spans,
        marked_types=marked,
        weight=1.0,
        weak=False,
        reread=True,
    )
