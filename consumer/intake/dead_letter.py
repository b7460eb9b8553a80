"""Builds a dead letter: the original bytes untouched, with the reason in headers beside them."""

import hashlib

from msgspec import Struct

import consumer
from consumer.records import Record, Rejected

ATTEMPTS = "x-chat-router-attempts"
_CONNECT = "__connect.errors."
_OURS = "x-chat-router-"
_ORIGINAL = "orig-"
_CUT_BYTES = 65_536
_KEPT_HEADERS = 64
_HEADROOM_BYTES = 8_192

Headers = list[tuple[str, bytes]]


class DeadLetter(Struct, frozen=True, gc=False):
    """Key, value and headers as they go out."""

    key: bytes | None
    value: bytes | None
    headers: Headers


def previous_attempts(record: Record) -> int:
    """How often this record has been a dead letter before; 0 where nobody can tell."""
    for name, value in record.headers:
        if name == ATTEMPTS and value is not None and value.isdigit() and len(value) < _MAX_DIGITS:
            return int(value)
    return 0


_MAX_DIGITS = 9


def dead_letter(rejected: Rejected, decision_id: str | None, max_bytes: int) -> DeadLetter:
    """The letter; what is too large goes as its first 64 KiB with the hash of the whole."""
    record = rejected.record
    own = _reason(rejected, decision_id)
    kept = _original(record)
    value = record.value
    room = max_bytes - _HEADROOM_BYTES - _size(own)
    if len(value or b"") + len(record.key or b"") + _size(kept) > room:
        own.append((_OURS + "sha256", hashlib.sha256(value or b"").hexdigest().encode()))
        value = None if value is None else value[:_CUT_BYTES]
        kept = _first_that_fit(kept, room - len(value or b"") - len(record.key or b""))
    return DeadLetter(record.key, value, kept + own)


def _reason(rejected: Rejected, decision_id: str | None) -> Headers:
    record = rejected.record
    attempts = max(rejected.attempts, previous_attempts(record) + 1)
    headers = [
        (_CONNECT + "topic", record.topic.encode()),
        (_CONNECT + "partition", str(record.partition).encode()),
        (_CONNECT + "offset", str(record.offset).encode()),
        (_CONNECT + "stage", rejected.stage.encode()),
        (_CONNECT + "exception.class.name", rejected.error_class.encode()),
        (_OURS + "reason", rejected.reason.encode()),
        (ATTEMPTS, str(attempts).encode()),
        (_OURS + "version", consumer.__version__.encode()),
    ]
    if decision_id is not None:
        headers.append((_OURS + "decision-id", decision_id.encode()))
    return headers


def _original(record: Record) -> Headers:
    """The input's headers; those that would pass for ours keep their content under `orig-`."""
    return [
        (_ORIGINAL + name if name.startswith((_CONNECT, _OURS)) else name, value or b"")
        for name, value in record.headers
    ]


def _first_that_fit(headers: Headers, room: int) -> Headers:
    kept: Headers = []
    for header in headers[:_KEPT_HEADERS]:
        room -= _size([header])
        if room < 0:
            break
        kept.append(header)
    return kept


def _size(headers: Headers) -> int:
    return sum(len(name) + len(value) + _HEADER_OVERHEAD for name, value in headers)


_HEADER_OVERHEAD = 10
"""Bytes of the two lengths that the record format puts before a header's name and value."""
