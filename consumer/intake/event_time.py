"""When a message happened: `sent_at`, clamped around the record's own timestamp.

Never the wall clock of processing: a replay must see the same time.
"""

from functools import lru_cache

from consumer.contract.clock import parse_ms

PAST_MS = 24 * 3_600_000
FUTURE_MS = 5 * 60_000
_MAX_CHARS = 40


@lru_cache(maxsize=4096)
def parse_sent_at(text: str) -> int:
    """Milliseconds since the epoch.

    Raises:
        ValueError: not RFC 3339 with a time zone.
    """
    if len(text) > _MAX_CHARS or len(text) < len("2026-01-01T00:00Z") or text[10] not in "Tt ":
        message = "not a time stamp"
        raise ValueError(message)
    return parse_ms(text.upper())


def event_time(sent_at_ms: int, record_ms: int) -> int:
    """Clamps to -24 h ... +5 min of the record's timestamp; a record without one does not clamp."""
    if record_ms <= 0:
        return sent_at_ms
    return min(max(sent_at_ms, record_ms - PAST_MS), record_ms + FUTURE_MS)
