"""Keeps one producer's broken clock from moving a whole partition's.

Event time is what messages say, clamped around Kafka's timestamp; but where producers set that too,
one record of the year 2090 would make every timer due, and every other conversation late for ever.
So an event more than a day ahead of the wall clock counts as said now. That is the only use of the
wall clock beside an event's time, and none for any message that could be right.
"""

from msgspec.structs import replace

from consumer.records import Outcome, Understood

FARTHEST_AHEAD_MS = 24 * 60 * 60 * 1000


def not_far_ahead(outcome: Outcome, now_ms: int, clock_ms: int) -> Outcome:
    """The outcome, with an event time that may be; never behind the partition's `clock_ms`."""
    said_ms = max(now_ms, clock_ms)
    latest_ms = now_ms + FARTHEST_AHEAD_MS
    if isinstance(outcome, Understood):
        turn = outcome.turn
        if turn.event_ms <= latest_ms:
            return outcome
        return replace(outcome, turn=replace(turn, event_ms=said_ms))
    # An unreadable record that says no time of its own is dated by its timestamp.
    event_ms = outcome.event_ms or outcome.record.timestamp_ms
    return outcome if event_ms <= latest_ms else replace(outcome, event_ms=said_ms)
