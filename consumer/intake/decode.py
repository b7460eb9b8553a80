"""Bytes to a typed turn, or to the reason why not. The first stage; never raises.

The order of the checks bounds the work: nothing is parsed before its size, its encoding and its
depth are known to be sane. UTF-8 without a byte order mark is the one encoding.
"""

import re
from typing import Final

import msgspec
from msgspec import Struct

from consumer.contract.catalogue import (
    CONVERSATION_CLOSED,
    DECISION_OVERRIDDEN,
    ESCALATION_ACKNOWLEDGED,
    ESCALATION_JUDGED,
    MAJOR_VERSION,
    MESSAGE_RECEIVED,
    EventType,
)
from consumer.contract.cloudevents import Attributes, open_envelope
from consumer.contract.identity import conversation_key
from consumer.contract.message import MAX_CONVERSATION_BYTES, MessageReceived
from consumer.intake.addressing import Address, address_of
from consumer.intake.dead_letter import previous_attempts
from consumer.intake.event_time import event_time, parse_sent_at
from consumer.records import FeedbackTurn, Record, Rejected, RejectReason, Turn

_STAGE = "decode"
_BOM = b"\xef\xbb\xbf"
_VERSION = re.compile(r"\.v(\d{1,9})(?:\.json)?$")
Decoded = Turn | FeedbackTurn | Rejected


class IntakeLimits(Struct, frozen=True):
    """Bounds of one record. Depth counts nested objects and arrays."""

    max_value_bytes: int = 262_144
    max_depth: int = 64
    max_attempts: int = 3


class _Refusal(Exception):  # noqa: N818 - control flow inside this file, never seen outside
    def __init__(self, reason: RejectReason, error_class: str) -> None:
        super().__init__(reason)
        self.reason: Final = reason
        self.error_class: Final = error_class


class Decoder:
    """Decodes records of the message and the feedback topic."""

    def __init__(self, messages: str, feedback: str, limits: IntakeLimits) -> None:
        self._limits = limits
        self._by_type: dict[str, dict[str, msgspec.json.Decoder[Struct]]] = {
            messages: _decoders(MESSAGE_RECEIVED),
            feedback: _decoders(
                DECISION_OVERRIDDEN,
                ESCALATION_ACKNOWLEDGED,
                ESCALATION_JUDGED,
                CONVERSATION_CLOSED,
            ),
        }
        # A record without CloudEvents headers is a message; on the feedback topic it has no type.
        self._default = {messages: MESSAGE_RECEIVED.name}

    def decode(self, record: Record) -> Decoded:
        """One record, one outcome."""
        try:
            return self._read(record)
        except _Refusal as refusal:
            return _rejected(record, refusal)

    def _read(self, record: Record) -> Turn | FeedbackTurn:
        value = self._checked(record)
        attributes = _opened(record, value)
        decoder = self._decoder(record, attributes)
        try:
            event = decoder.decode(attributes.data)
        except msgspec.ValidationError:
            raise _Refusal("schema", "ValidationError") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise _Refusal(_why_unparsable(value), "DecodeError") from None
        except RecursionError:
            raise _Refusal("depth", "RecursionError") from None
        return _turn(record, event)

    def _checked(self, record: Record) -> bytes:
        value = record.value
        if value is None:
            raise _Refusal("null_value", "NullValue")
        if not value:
            raise _Refusal("empty", "EmptyValue")
        if len(value) > self._limits.max_value_bytes:
            raise _Refusal("size", "ValueTooLarge")
        if record.headers and previous_attempts(record) > self._limits.max_attempts:
            raise _Refusal("loop", "TooManyAttempts")
        if value.startswith(_BOM) or not _is_utf8(value):
            raise _Refusal("encoding", "NotUtf8")
        if _too_deep(value, self._limits.max_depth):
            raise _Refusal("depth", "TooDeep")
        return value

    def _decoder(self, record: Record, attributes: Attributes) -> msgspec.json.Decoder[Struct]:
        name = attributes.type or self._default.get(record.topic)
        decoder = self._by_type.get(record.topic, {}).get(name or "")
        if decoder is None:
            raise _Refusal("type", "UnexpectedType")
        version = _VERSION.search(attributes.dataschema or "")
        if version is not None and int(version.group(1)) > MAJOR_VERSION:
            raise _Refusal("version", "NewerVersion")
        return decoder


def _decoders(*types: EventType) -> dict[str, msgspec.json.Decoder[Struct]]:
    return {one.name: msgspec.json.Decoder(one.payload) for one in types}


def _opened(record: Record, value: bytes) -> Attributes:
    if not record.headers:
        return Attributes(None, None, value)
    try:
        return open_envelope(record.headers, value)
    except msgspec.ValidationError:
        raise _Refusal("schema", "ValidationError") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _Refusal("parse", "DecodeError") from None
    except RecursionError:
        raise _Refusal("depth", "RecursionError") from None


def _turn(record: Record, event: Struct) -> Turn | FeedbackTurn:
    conversation_id: str = event.conversation_id  # type: ignore[attr-defined]
    if len(conversation_id.encode()) > MAX_CONVERSATION_BYTES:
        raise _Refusal("schema", "ConversationIdTooLong")
    key = conversation_key(event.tenant_id, conversation_id)  # type: ignore[attr-defined]
    if isinstance(event, MessageReceived):
        at_ms = event_time(_sent_at(event.sent_at), record.timestamp_ms)
        return Turn(record, event, key, at_ms)
    stated: str | None = event.at  # type: ignore[attr-defined]
    at_ms = record.timestamp_ms if stated is None else _sent_at(stated)
    return FeedbackTurn(record, event, key, event_time(at_ms, record.timestamp_ms))  # type: ignore[arg-type]


def _sent_at(text: str) -> int:
    try:
        return parse_sent_at(text)
    except ValueError:
        raise _Refusal("schema", "BadTimestamp") from None


def _is_utf8(value: bytes) -> bool:
    if value.isascii():
        return True
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _too_deep(value: bytes, limit: int) -> bool:
    """Counts brackets outside strings, but only where there are enough of them to matter."""
    if value.count(b"{") + value.count(b"[") <= limit:
        return False
    depth = deepest = 0
    for token in _STRUCTURE.finditer(value):
        mark = token.group()[0]
        if mark in _OPEN:
            depth += 1
            deepest = max(deepest, depth)
            if deepest > limit:
                return True
        elif mark in _CLOSE:
            depth -= 1
    return False


_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_OPEN, _CLOSE = b"[{", b"]}"


def _why_unparsable(value: bytes) -> RejectReason:
    """A lone surrogate escape is a fault of encoding; everything else of syntax."""
    return "encoding" if _LONE_SURROGATE.search(value) else "parse"


_LONE_SURROGATE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])")


def _rejected(record: Record, refusal: _Refusal) -> Rejected:
    address = address_of(record) if _may_be_read(record) else Address()
    reason: RejectReason = refusal.reason
    if reason == "schema" and address.conversation_id is None:
        reason = "no_conversation"
    return Rejected(
        record,
        reason,
        _STAGE,
        refusal.error_class,
        address.tenant_id,
        address.conversation_id,
        address.message_id,
        record.timestamp_ms,
    )


def _may_be_read(record: Record) -> bool:
    return record.value is not None or record.key is not None
