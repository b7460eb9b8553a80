"""Opening hours in event time and in the calendar's own zone."""

from datetime import UTC, date, datetime

import pytest

from consumer.routing.calendars import Calendar, parse_week, parse_zone

WEEK = parse_week({"mon-fri": ["09:00-12:00", "13:00-24:00"], "sat": "10:00-16:00"})


def at_ms(day: int, hour: int, minute: int = 0) -> int:
    return round(datetime(2026, 1, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("day", "hour", "minute", "is_open"),
    [
        (5, 9, 0, True),  # a Monday
        (5, 8, 59, False),
        (5, 12, 0, False),
        (5, 13, 0, True),
        (5, 23, 59, True),
        (6, 0, 0, False),
        (10, 10, 0, True),  # a Saturday
        (10, 16, 0, False),
        (11, 12, 0, False),  # a Sunday
        (7, 10, 0, False),  # closed that day
    ],
)
def test_a_calendar_is_open_within_its_hours(
    day: int, hour: int, minute: int, is_open: bool
) -> None:
    calendar = Calendar("care", UTC, WEEK, frozenset((date(2026, 1, 7),)))
    assert calendar.is_open(at_ms(day, hour, minute)) is is_open


def test_hours_are_those_of_the_zone() -> None:
    calendar = Calendar("care", parse_zone("Asia/Shanghai"), parse_week({"mon": "09:00-18:00"}))
    assert calendar.is_open(at_ms(5, 1))
    assert not calendar.is_open(at_ms(5, 12))


@pytest.mark.parametrize(
    "hours",
    [
        {"monday": "09:00-18:00"},
        {"fri-mon": "09:00-18:00"},
        {"mon": "9-18"},
        {"mon": "09:00-09:00"},
        {"mon": "09:60-10:00"},
        {"mon-tue": "09:00-18:00", "tue": "10:00-11:00"},
    ],
)
def test_hours_that_cannot_be_read_are_refused(hours: dict[str, str | list[str]]) -> None:
    with pytest.raises(ValueError, match=r"is not|runs backwards|named twice"):
        parse_week(hours)
