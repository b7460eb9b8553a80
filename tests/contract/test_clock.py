"""RFC 3339, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.contract.clock import format_ms, parse_ms

EIGHT = 1_767_254_400_000
YEAR_1_MS = -62_135_596_800_000
YEAR_9999_MS = 253_402_300_799_999


@pytest.mark.parametrize(
    ("text", "expected_ms"),
    [
        ("2026-01-01T08:00:00Z", EIGHT),
        ("2026-01-01T08:00:00.000Z", EIGHT),
        ("2026-01-01t08:00:00.000z", EIGHT),
        ("2026-01-01 08:00:00Z", EIGHT),
        ("2026-01-01T16:00:00+08:00", EIGHT),
        ("2026-01-01T08:00:00-00:00", EIGHT),
        ("2026-01-01T08:00:00.1Z", EIGHT + 100),
        ("2026-01-01T08:00:00.123456789Z", EIGHT + 123),
        ("2026-01-01T08:00:00.999999999z", EIGHT + 999),
        ("2026-01-01T08:00:00." + "1" * 10_000 + "Z", EIGHT + 111),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("2016-12-31T23:59:60.500Z", 1_483_228_800_500),
        ("1970-01-01T00:00:00.001Z", 1),
        ("1969-12-31T23:59:59.999Z", -1),
        ("0000-06-01T00:00:00Z", YEAR_1_MS),
    ],
)
def test_rfc_3339_is_read(text: str, expected_ms: int) -> None:
    assert parse_ms(text) == expected_ms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-01-01",
        "2026-01-01T08:00:00",
        "2026-01-01T08:00Z",
        "20260101T080000Z",
        "2026-W01-4T08:00:00Z",
        "2026-01-01T08:00:00,5Z",
        "2026-01-01T08:00:00+0800",
        "2026-01-01T08:00:00.Z",
        "2026-01-01T08:00:00.12٣Z",
        "2026-01-01T08:00:00.+12Z",
        "2026-01-01T08:00:00.1 2Z",
        "２026-01-01T08:00:00Z",
        "2026-02-30T08:00:00.000Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T08:00:61Z",
        "2026-01-01T08:00:00+99:00",
        "2026-01-01T08:00:00Z\n",
        " 2026-01-01T08:00:00Z",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_ms(text)


@given(st.integers(YEAR_1_MS, YEAR_9999_MS))
def test_what_is_written_is_read_as_the_same_time(at_ms: int) -> None:
    assert parse_ms(format_ms(at_ms)) == at_ms
