"""Opening hours: whether a calendar is open at an event time. Never reads the wall clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from consumer.contract.decision import BusinessHours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_PER_DAY = 24 * 60
MINUTES_PER_HOUR = 60
MS_PER_MINUTE = 60_000
S_PER_MINUTE = 60
_CACHED_MINUTES = 4_096

Interval = tuple[int, int]
Week = tuple[tuple[Interval, ...], ...]
_WHOLE_DAY: Interval = (0, MINUTES_PER_DAY)


@dataclass(frozen=True, slots=True, eq=False)  # compared and cached by identity
class Calendar:
    """Weekly hours in one time zone. Intervals are minutes of the day, end exclusive."""

    name: str
    zone: tzinfo
    week: Week
    closed_dates: frozenset[date] = field(default=frozenset())
    special_dates: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict)

    def is_open(self, at_ms: int) -> bool:
        """Whether somebody is there at `at_ms`."""
        return self.hours(at_ms).open

    def hours(self, at_ms: int) -> BusinessHours:
        """The calendar's name, and whether it is open at `at_ms`."""
        return _hours(self, at_ms // MS_PER_MINUTE)

    @property
    def is_always_open(self) -> bool:
        """Whether it never closes."""
        days = (*self.week, *self.special_dates.values())
        return not self.closed_dates and all(_WHOLE_DAY in intervals for intervals in days)


@lru_cache(maxsize=_CACHED_MINUTES)
def _hours(calendar: Calendar, minute: int) -> BusinessHours:
    return BusinessHours(calendar.name, _is_open(calendar, minute))


def _is_open(calendar: Calendar, minute: int) -> bool:
    local = datetime.fromtimestamp(minute * S_PER_MINUTE, UTC).astimezone(calendar.zone)
    day = local.date()
    if day in calendar.closed_dates:
        return False
    of_day = local.hour * MINUTES_PER_HOUR + local.minute
    intervals = calendar.special_dates.get(day, calendar.week[local.weekday()])
    return any(start <= of_day < end for start, end in intervals)


def parse_zone(name: str) -> tzinfo:
    """A time zone by its IANA name.

    Raises:
        ValueError: there is no such zone on this machine.
    """
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        message = f"unknown time zone {name!r}"
        raise ValueError(message) from None


def parse_week(hours: dict[str, str | list[str]]) -> Week:
    """{'mon-fri': '09:00-18:00', 'sat': ['10:00-12:00', '13:00-16:00']} as minutes by weekday.

    Raises:
        ValueError: a day or an interval that cannot be read, or a day named twice.
    """
    week: dict[int, tuple[Interval, ...]] = {}
    for days, spans in hours.items():
        intervals = parse_intervals(spans)
        for day in _parse_days(days):
            if day in week:
                message = f"{DAYS[day]} is named twice"
                raise ValueError(message)
            week[day] = intervals
    return tuple(week.get(day, ()) for day in range(len(DAYS)))


def parse_intervals(spans: str | list[str]) -> tuple[Interval, ...]:
    """Intervals of one day.

    Raises:
        ValueError: one that cannot be read.
    """
    return tuple(map(_parse_interval, [spans] if isinstance(spans, str) else spans))


def _parse_days(text: str) -> range:
    first, dash, last = text.partition("-")
    if first not in DAYS or (dash and last not in DAYS):
        message = f"{text!r} is not a day or a range of days such as mon-fri"
        raise ValueError(message)
    start = DAYS.index(first)
    end = DAYS.index(last) if dash else start
    if end < start:
        message = f"{text!r} runs backwards"
        raise ValueError(message)
    return range(start, end + 1)


def _parse_interval(text: str) -> Interval:
    first, dash, last = text.partition("-")
    start, end = _parse_minute(first), _parse_minute(last)
    if not dash or start is None or end is None or start >= end:
        message = f"{text!r} is not an interval such as 09:00-18:00 (at most 24:00)"
        raise ValueError(message)
    return start, end


def _parse_minute(text: str) -> int | None:
    hour, colon, minute = text.partition(":")
    if not (colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2):
        return None
    of_day = int(hour) * MINUTES_PER_HOUR + int(minute)
    if int(minute) >= MINUTES_PER_HOUR or of_day > MINUTES_PER_DAY:
        return None
    return of_day
