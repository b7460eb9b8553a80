"""What a dead letter keeps, what it adds, and how it goes back."""

import hashlib

import pytest

from consumer.contract.dead_letter import (
    KEPT_HEADER_BYTES,
    KEPT_HEADERS,
    KEPT_KEY_BYTES,
    KEPT_VALUE_BYTES,
    dead_letter,
    replay_headers,
)
from consumer.records import Headers, Record, Rejected

ROOMY_BYTES = 1024 * 1024
TIGHT_BYTES = 128 * 1024


def refusal(
    value: bytes | None = b"{", headers: Headers = (), key: bytes | None = b"k", attempts: int = 1
) -> Rejected:
    record = Record("chat.messages.v1", 3, 42, 1, 0, key, value, headers)
    return Rejected(record, "parse", "decode", "NotJson", attempts=attempts)


def test_the_original_is_kept_as_it_was_and_the_reason_stands_behind_it() -> None:
    originals: Headers = (("a", b"\xff"), ("a", None), ("ce_type", b"message.received"))
    letter = dead_letter(refusal(b"\xff{", originals, b"\0"), "d-1", ROOMY_BYTES, "1.2.3")
    assert (letter.key, letter.value) == (b"\0", b"\xff{")
    assert letter.headers == [
        *originals,
        ("__connect.errors.topic", b"chat.messages.v1"),
        ("__connect.errors.partition", b"3"),
        ("__connect.errors.offset", b"42"),
        ("__connect.errors.stage", b"decode"),
        ("__connect.errors.exception.class.name", b"NotJson"),
        ("x-chat-router-reason", b"parse"),
        ("x-chat-router-attempts", b"1"),
        ("x-chat-router-version", b"1.2.3"),
        ("x-chat-router-decision-id", b"d-1"),
    ]


@pytest.mark.parametrize(("key", "value"), [(None, None), (b"", b""), (b"k", None)])
def test_absent_and_empty_stay_apart(key: bytes | None, value: bytes | None) -> None:
    letter = dead_letter(refusal(value, key=key), None, ROOMY_BYTES)
    assert (letter.key, letter.value) == (key, value)
    assert "x-chat-router-decision-id" not in dict(letter.headers)


def test_headers_named_like_ours_are_kept_under_another_name() -> None:
    originals = (("__connect.errors.exception.message", b"m"), ("x-chat-router-reason", b"size"))
    headers = dead_letter(refusal(headers=originals), None, ROOMY_BYTES).headers
    assert headers[:2] == [
        ("orig-__connect.errors.exception.message", b"m"),
        ("orig-x-chat-router-reason", b"size"),
    ]
    assert [name for name, _ in headers].count("x-chat-router-reason") == 1


@pytest.mark.parametrize(
    ("before", "now", "total"),
    [
        (b"2", 1, b"3"),
        (b"2", 3, b"5"),
        (b"x", 1, b"1"),
        (None, 1, b"1"),
        (b"9" * 99, 1, b"1000000001"),
    ],
)
def test_attempts_add_up_over_replays(before: bytes | None, now: int, total: bytes) -> None:
    rejected = refusal(headers=(("x-chat-router-attempts", before),), attempts=now)
    headers = dict(dead_letter(rejected, None, ROOMY_BYTES).headers)
    assert headers["x-chat-router-attempts"] == total


def size(key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]) -> int:
    texts = sum(len(name.encode()) + len(text or b"") for name, text in headers)
    return len(key or b"") + len(value or b"") + texts


@pytest.mark.parametrize(
    ("value", "headers", "key"),
    [
        (b"x" * TIGHT_BYTES, (), b"k"),
        (b"x" * TIGHT_BYTES, (), b"k" * TIGHT_BYTES),
        (b"x", tuple((f"h{n}", b"v" * 1_000) for n in range(1_000)), b"k"),
        (b"x", tuple((f"h{n}", b"") for n in range(40_000)), b"k"),
        (b"x", (("h", b"v" * TIGHT_BYTES),), None),
        (None, (("h", b"v" * TIGHT_BYTES),), None),
    ],
)
def test_what_is_too_large_is_cut_and_proven_by_its_hash(
    value: bytes | None, headers: Headers, key: bytes | None
) -> None:
    letter = dead_letter(refusal(value, headers, key), "d", TIGHT_BYTES)
    assert size(letter.key, letter.value, letter.headers) <= TIGHT_BYTES
    assert letter.value == (None if value is None else value[:KEPT_VALUE_BYTES])
    assert letter.key == (None if key is None else key[:KEPT_KEY_BYTES])
    digest = hashlib.sha256(value or b"").hexdigest().encode()
    assert dict(letter.headers)["x-chat-router-sha256"] == digest
    theirs = [header for header in letter.headers if header[0].startswith("h")]
    assert len(theirs) <= KEPT_HEADERS
    assert size(None, None, theirs) <= KEPT_HEADER_BYTES


def test_what_fits_exactly_is_not_cut() -> None:
    for length in range(TIGHT_BYTES - 700, TIGHT_BYTES):
        letter = dead_letter(refusal(b"x" * length), None, TIGHT_BYTES)
        is_cut = "x-chat-router-sha256" in dict(letter.headers)
        assert is_cut is (len(letter.value or b"") != length)


def test_the_smallest_limit_still_yields_a_letter() -> None:
    assert dead_letter(refusal(b"x" * 100), None, 1).value == b""


def test_a_dead_letter_goes_back_with_the_headers_it_came_with_and_its_attempts() -> None:
    originals: Headers = (("ce_type", b"t"), ("a", None), ("x-chat-router-reason", b"mine"))
    first = dead_letter(refusal(headers=originals), "d", ROOMY_BYTES)
    assert replay_headers(first.headers) == [*originals, ("x-chat-router-attempts", b"1")]


def test_attempts_do_not_pile_up_over_replays() -> None:
    headers: Headers = (("ce_type", b"t"),)
    for attempt in range(1, 4):
        letter = dead_letter(refusal(headers=headers), None, ROOMY_BYTES)
        headers = tuple(replay_headers(letter.headers))
        attempts = str(attempt).encode()
        assert headers == (("ce_type", b"t"), ("x-chat-router-attempts", attempts))
