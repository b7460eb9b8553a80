"""The dead letter: the original record, untouched, with the reason beside it in text headers.

Holds no message text and no stack trace of its own. Says also how a dead letter is sent back.
"""

import hashlib
from collections.abc import Iterable, Mapping

from msgspec import Struct

from consumer import __version__
from consumer.records import Headers, Rejected

CONNECT_PREFIX = "__connect.errors."
OWN_PREFIX = "x-chat-router-"
ORIGINAL_PREFIX = "orig-"

TOPIC = f"{CONNECT_PREFIX}topic"
PARTITION = f"{CONNECT_PREFIX}partition"
OFFSET = f"{CONNECT_PREFIX}offset"
STAGE = f"{CONNECT_PREFIX}stage"
ERROR_CLASS = f"{CONNECT_PREFIX}exception.class.name"
REASON = f"{OWN_PREFIX}reason"
DECISION_ID = f"{OWN_PREFIX}decision-id"
ATTEMPTS = f"{OWN_PREFIX}attempts"
VERSION = f"{OWN_PREFIX}version"
SHA256 = f"{OWN_PREFIX}sha256"

KEPT_VALUE_BYTES = 64 * 1024
KEPT_HEADER_BYTES = 8 * 1024
KEPT_KEY_BYTES = 8 * 1024
KEPT_HEADERS = 32

# Lengths and timestamps of the record format: generous, so that the broker never disagrees.
_RECORD_OVERHEAD_BYTES = 64
_HEADER_OVERHEAD_BYTES = 10
_MAX_ATTEMPTS_DIGITS = 9
_ATTEMPTS_CEILING = 10**_MAX_ATTEMPTS_DIGITS

OptionalHeaders = list[tuple[str, bytes | None]]


class DeadLetter(Struct, frozen=True, gc=False):
    """What goes to the dead-letter topic. A header of the original may have no value."""

    key: bytes | None
    value: bytes | None
    headers: OptionalHeaders


def dead_letter(
    rejected: Rejected, decision_id: str | None, max_bytes: int, version: str = __version__
) -> DeadLetter:
    """The original with our headers behind it; cut where it would exceed `max_bytes`."""
    record = rejected.record
    ours = _reason_headers(rejected, decision_id, version)
    theirs = [(_kept_name(name), value) for name, value in record.headers]
    whole = DeadLetter(record.key, record.value, theirs + ours)
    if _size(whole) <= max_bytes:
        return whole
    ours.append((SHA256, hashlib.sha256(record.value or b"").hexdigest().encode()))
    headers = _first_headers(theirs) + ours
    key = _first(record.key, KEPT_KEY_BYTES)
    room = max_bytes - _size(DeadLetter(key, None, headers))
    return DeadLetter(key, _first(record.value, max(0, min(KEPT_VALUE_BYTES, room))), headers)


def attempts_of(headers: Mapping[str, bytes | None]) -> int:
    """How often the record was tried before; 0 where the header is absent or no number."""
    raw = headers.get(ATTEMPTS)
    if raw is None or not raw.isdigit():
        return 0
    return int(raw) if len(raw) <= _MAX_ATTEMPTS_DIGITS else _ATTEMPTS_CEILING


def replay_headers(headers: Iterable[tuple[str, bytes | None]]) -> OptionalHeaders:
    """Headers with which a dead letter goes back: those of the original, and the attempts."""
    restored: OptionalHeaders = []
    for name, value in headers:
        original = name.removeprefix(ORIGINAL_PREFIX)
        if name == ATTEMPTS or not _is_ours(original):
            restored.append((name, value))
        elif original not in (name, ATTEMPTS):
            restored.append((original, value))
    return restored


def _reason_headers(rejected: Rejected, decision_id: str | None, version: str) -> OptionalHeaders:
    record = rejected.record
    texts = {
        TOPIC: record.topic,
        PARTITION: str(record.partition),
        OFFSET: str(record.offset),
        STAGE: rejected.stage,
        ERROR_CLASS: rejected.error_class,
        REASON: rejected.reason,
        ATTEMPTS: str(_attempts_before(record.headers) + rejected.attempts),
        VERSION: version,
    }
    if decision_id is not None:
        texts[DECISION_ID] = decision_id
    return [(name, text.encode()) for name, text in texts.items()]


def _attempts_before(headers: Headers) -> int:
    return attempts_of(dict(headers))


def _is_ours(name: str) -> bool:
    return name.startswith((CONNECT_PREFIX, OWN_PREFIX))


def _kept_name(name: str) -> str:
    return f"{ORIGINAL_PREFIX}{name}" if _is_ours(name) else name


def _first(data: bytes | None, limit: int) -> bytes | None:
    return None if data is None else data[:limit]


def _first_headers(headers: OptionalHeaders) -> OptionalHeaders:
    kept: OptionalHeaders = []
    room = KEPT_HEADER_BYTES
    for header in headers[:KEPT_HEADERS]:
        room -= _header_size(header)
        if room < 0:
            break
        kept.append(header)
    return kept


def _size(letter: DeadLetter) -> int:
    return (
        _RECORD_OVERHEAD_BYTES
        + len(letter.key or b"")
        + len(letter.value or b"")
        + sum(map(_header_size, letter.headers))
    )


def _header_size(header: tuple[str, bytes | None]) -> int:
    name, value = header
    return len(name.encode("utf-8", "surrogatepass")) + len(value or b"") + _HEADER_OVERHEAD_BYTES
