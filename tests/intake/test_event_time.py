"""When a message was said."""

import pytest

from consumer.contract.clock import format_ms, parse_ms
from consumer.intake.event_time import LATEST_MS, MAX_AGE_MS, MAX_LEAD_MS
from consumer.records import FeedbackTurn
from tests.intake.samples import RECORD_MS, TOPICS, body, decode, rejected, turn

EARLIEST = RECORD_MS - MAX_AGE_MS
LATEST = RECORD_MS + MAX_LEAD_MS


@pytest.mark.parametrize(
    ("sent_at", "expected_ms"),
    [
        ("2026-01-01T07:59:00Z", RECORD_MS - 60_000),
        ("2026-01-01T16:00:00.5+08:00", RECORD_MS + 500),
        (format_ms(EARLIEST), EARLIEST),
        (format_ms(EARLIEST - 1), EARLIEST),
        (format_ms(LATEST), LATEST),
        (format_ms(LATEST + 1), LATEST),
        ("2036-01-01T00:00:00Z", LATEST),
        ("9999-12-31T23:59:59.999Z", LATEST),
        ("1969-12-31T23:59:59Z", EARLIEST),
        ("0001-01-01T00:00:00+14:00", EARLIEST),
        ("0000-01-01T00:00:00Z", EARLIEST),
    ],
)
def test_event_time_stays_near_the_time_of_the_record(sent_at: str, expected_ms: int) -> None:
    assert turn(body(sent_at=sent_at)).event_ms == expected_ms


@pytest.mark.parametrize("timestamp_ms", [-1, 0, RECORD_MS * 1_000_000, 2**63 - 1])
def test_a_record_without_a_usable_timestamp_leaves_the_time_as_sent(timestamp_ms: int) -> None:
    def sent(at: str) -> int:
        return turn(body(sent_at=at), timestamp_ms=timestamp_ms).event_ms

    assert sent("2026-01-01T07:00:00Z") == RECORD_MS - 3_600_000
    assert sent("1960-01-01T00:00:00Z") == 0
    assert sent("9999-12-31T23:59:59Z") == LATEST_MS


def test_a_record_of_the_first_day_is_not_dated_before_the_epoch() -> None:
    assert turn(body(sent_at="0000-01-01T00:00:00Z"), timestamp_ms=1).event_ms == 0


@pytest.mark.parametrize(
    "sent_at",
    [
        "yesterday",
        "",
        "2026-01-01",
        "2026-01-01T08:00:00",
        "2026-13-01T08:00:00Z",
        "1767254400000",
        1_767_254_400_000,
        1_767_254_400.5,
        ["2026-01-01T08:00:00Z"],
    ],
)
def test_a_time_that_is_not_rfc_3339_is_refused(sent_at: object) -> None:
    assert rejected(body(sent_at=sent_at)).reason == "schema"


def closed(at: str, timestamp_ms: int) -> object:
    value = f'{{"conversation_id": "c-1"{at}}}'.encode()
    headers = (("ce_type", b"conversation.closed"),)
    return decode(value, headers, topic=TOPICS.feedback, timestamp_ms=timestamp_ms)


def test_feedback_without_a_time_happened_when_kafka_says() -> None:
    outcome = closed("", RECORD_MS)
    assert isinstance(outcome, FeedbackTurn)
    assert outcome.event_ms == RECORD_MS


def test_feedback_without_any_time_is_refused() -> None:
    assert getattr(closed("", -1), "reason", None) == "schema"
    assert getattr(closed(', "at": "soon"', RECORD_MS), "reason", None) == "schema"


def test_seconds_shared_by_many_messages_are_read_alike() -> None:
    times = [f"2026-01-01T08:00:00.{ms:03d}Z" for ms in (0, 7, 999)]
    assert [parse_ms(at) - RECORD_MS for at in times] == [0, 7, 999]
