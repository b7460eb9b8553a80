"""RFC 3339 in UTC with milliseconds, from and to milliseconds since the epoch."""

from datetime import UTC, datetime
from functools import lru_cache

_SECONDS_PER_DAY = 86_400


@lru_cache(maxsize=16)
def _date(day: int) -> str:
    return datetime.fromtimestamp(day * _SECONDS_PER_DAY, UTC).strftime("%Y-%m-%d")


def format_ms(at_ms: int) -> str:
    """1767225600120 -> '2026-01-01T00:00:00.120Z'. Dates are cached: times cluster within days."""
    seconds, ms = divmod(at_ms, 1000)
    day, rest = divmod(seconds, _SECONDS_PER_DAY)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_date(day)}T{hour:02d}:{minute:02d}:{second:02d}.{ms:03d}Z"


def parse_ms(text: str) -> int:
    """Milliseconds since the epoch.

    Raises:
        ValueError: not RFC 3339, or without a time zone.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        message = "no time zone"
        raise ValueError(message)
    return round(at.timestamp() * 1000)
