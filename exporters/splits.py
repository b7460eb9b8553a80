"""Holds out own rows by situation, so that no situation is both learned and measured.

The Chinese and the English rows of one situation name stay together.
"""

import hashlib
from collections.abc import Iterable

from exporters.rows import Row

HELD_OUT_TENTHS = 1


def is_held_out(situation: str, salt: str = "") -> bool:
    """Whether a situation is of the held-out tenth; the same on every machine."""
    digest = hashlib.sha256(f"{salt}{situation}".encode()).digest()
    return int.from_bytes(digest[:4]) % 10 < HELD_OUT_TENTHS


def split_by_situation(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Rows to learn from and rows to measure by."""
    learned: list[Row] = []
    held_out: list[Row] = []
    for row in rows:
        (held_out if is_held_out(row.situation) else learned).append(row)
    return learned, held_out
