"""RFC 3339 in UTC with milliseconds, from and to milliseconds since the epoch."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_SECONDS_PER_DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_MS = timedelta(milliseconds=1)
_MS_PER_SECOND = 1000
_YEAR_0 = "0000-"
_YEAR_1_MS = -62_135_596_800_000
_SECOND_CHARS = len("2026-01-01T00:00:00")
_FRACTIONS_MS = {f".{ms:03d}Z": ms for ms in range(_MS_PER_SECOND)}
"""How nearly every time ends."""

_LEAP_SECOND = slice(17, 19)
# `fromisoformat` reads more than RFC 3339: week dates, no colons, commas, missing seconds.
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]++)?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


@lru_cache(maxsize=16)
def _date(day: int) -> str:
    return datetime.fromtimestamp(day * _SECONDS_PER_DAY, UTC).date().isoformat()


def format_ms(at_ms: int) -> str:
    """1767225600120 -> '2026-01-01T00:00:00.120Z'. Dates are cached: times cluster within days."""
    seconds, ms = divmod(at_ms, 1000)
    day, rest = divmod(seconds, _SECONDS_PER_DAY)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_date(day)}T{hour:02d}:{minute:02d}:{second:02d}.{ms:03d}Z"


def parse_ms(text: str) -> int:
    """Milliseconds since the epoch; finer fractions are cut. Reads year 0000 as the year 1.

    Raises:
        ValueError: not RFC 3339, or without a time zone.
    """
    ms = _FRACTIONS_MS.get(text[_SECOND_CHARS:])
    return _parse(text) if ms is None else _second_ms(text[:_SECOND_CHARS]) + ms


@lru_cache(maxsize=256)
def _second_ms(text: str) -> int:
    """Messages of the same time share their seconds: a hit costs a third of reading it."""
    return _parse(f"{text}Z")


def _parse(text: str) -> int:
    if _RFC_3339.fullmatch(text) is None:
        message = "not RFC 3339"
        raise ValueError(message)
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // _ONE_MS
    except ValueError:
        return _parse_rare(text.upper())


def _parse_rare(text: str) -> int:
    """What RFC 3339 allows and `fromisoformat` refuses: small letters, leap seconds, year 0000."""
    if text.startswith(_YEAR_0):
        return _YEAR_1_MS
    leap_ms = 0
    if text[_LEAP_SECOND] == "60":
        leap_ms = _MS_PER_SECOND
        text = f"{text[:17]}59{text[19:]}"
    return (datetime.fromisoformat(text) - _EPOCH) // _ONE_MS + leap_ms
