"""Records to feed to the decoder. Checks nothing."""

import json
from typing import Any

from consumer.contract.topics import Topics
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.records import FeedbackTurn, Headers, Record, Rejected, Turn

TOPICS = Topics()
LIMITS = IntakeLimits()
RECORD_MS = 1_767_254_400_000
SENT_AT = "2026-01-01T08:00:00.000Z"
BODY = {
    "message_id": "m-1",
    "conversation_id": "c-1",
    "tenant_id": "shop",
    "text": "我的订单在哪里？",
    "sent_at": SENT_AT,
}
KEY = b"shop:c-1"
DECODER = Decoder(LIMITS, TOPICS)


def body(**changes: Any) -> bytes:
    """A valid message with these fields instead; None takes a field away."""
    fields = {name: value for name, value in (BODY | changes).items() if value is not None}
    return json.dumps(fields, ensure_ascii=False).encode()


def with_extra(raw: bytes) -> bytes:
    """A valid message with an unknown field of this JSON text."""
    return body()[:-1] + b', "extra": ' + raw + b"}"


def with_customer(raw: bytes) -> bytes:
    """A valid message whose number of open orders is this JSON text."""
    return body()[:-1] + b', "customer": {"open_orders": ' + raw + b"}}"


def record(
    value: bytes | None,
    headers: Headers = (),
    key: bytes | None = KEY,
    topic: str = TOPICS.messages,
    timestamp_ms: int = RECORD_MS,
) -> Record:
    """A record at a fixed place."""
    return Record(topic, 3, 42, 1, timestamp_ms, key, value, headers)


def decode(
    value: bytes | None,
    headers: Headers = (),
    key: bytes | None = KEY,
    topic: str = TOPICS.messages,
    timestamp_ms: int = RECORD_MS,
) -> Turn | FeedbackTurn | Rejected:
    """What a record is read as."""
    return DECODER.decode(record(value, headers, key, topic, timestamp_ms))


def turn(value: bytes, headers: Headers = (), **place: Any) -> Turn:
    """The turn that a good record is read as."""
    outcome = decode(value, headers, **place)
    assert isinstance(outcome, Turn), getattr(outcome, "reason", outcome)
    return outcome


def rejected(value: bytes | None, headers: Headers = (), **place: Any) -> Rejected:
    """The refusal that a bad record is read as."""
    outcome = decode(value, headers, **place)
    assert isinstance(outcome, Rejected)
    return outcome
