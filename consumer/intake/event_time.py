"""Event time: when a message was said, kept near the time that Kafka knows. No wall clock."""

MAX_AGE_MS = 24 * 60 * 60 * 1000
MAX_LEAD_MS = 5 * 60 * 1000
# 2100-01-01: later times would overflow calendars and can only be mistakes of unit.
LATEST_MS = 4_102_444_800_000


def event_time_ms(sent_ms: int, record_ms: int) -> int:
    """`sent_ms`, clamped to `record_ms` - 24 h … + 5 min.

    A record without a usable timestamp (-1, 0, or in another unit) leaves `sent_ms` as it is,
    between 1970 and 2100.
    """
    if not has_timestamp(record_ms):
        return min(max(sent_ms, 0), LATEST_MS)
    oldest_ms = record_ms - MAX_AGE_MS
    if sent_ms < 0 or sent_ms < oldest_ms:
        return max(oldest_ms, 0)
    latest_ms = record_ms + MAX_LEAD_MS
    return sent_ms if sent_ms <= latest_ms else latest_ms


def has_timestamp(record_ms: int) -> bool:
    """Whether Kafka's timestamp says anything."""
    return 0 < record_ms <= LATEST_MS
