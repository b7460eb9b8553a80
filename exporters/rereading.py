"""Labels that people gave to public texts on reading them again, kept without the texts.

A line of a table is JSON: `sha256` of the text in UTF-8 and any of `category`, `intent`,
`sentiment` and `anger` (0-3). What it says replaces the row's own labels, in full weight.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from exporters.labels import LABELS
from exporters.problems import SettingError
from exporters.rows import Row, reached_levels

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class Reading(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a table."""

    sha256: Sha256
    category: str | None = None
    intent: str | None = None
    sentiment: str | None = None
    anger: Annotated[int, Meta(ge=0, le=3)] | None = None


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
    return [_reread(row, table.get(text_hash(row.text))) for row in rows]


def text_hash(text: str) -> str:
    """What a table knows a text by."""
    return hashlib.sha256(text.encode()).hexdigest()


def _reread(row: Row, reading: Reading | None) -> Row:
    if reading is None:
        return row
    return replace(
        row,
        category=reading.category or row.category,
        intent=reading.intent or row.intent,
        sentiment=reading.sentiment or row.sentiment,
        anger=row.anger if reading.anger is None else reached_levels(reading.anger),
        weight=1.0,
        weak=False,
    )
