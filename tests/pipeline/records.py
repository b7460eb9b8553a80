"""Input records for lanes and loops. Holds no assertions."""

import json

from consumer.contract.clock import format_ms
from consumer.contract.topics import Topics
from consumer.records import Headers, Record
from tests.fakes.manual_clock import MS_PER_S, START_MS

TOPICS = Topics()
HOUR_S = 3_600.0
DAY_S = 24 * HOUR_S


def key_of(conversation: str) -> bytes:
    return f"default:{conversation}".encode()


def message(
    conversation: str, text: str, at_s: float = 0.0, role: str = "customer", message_id: str = "m"
) -> bytes:
    """The value of a `message.received`, said `at_s` seconds after the start."""
    body = {
        "message_id": message_id,
        "conversation_id": conversation,
        "text": text,
        "sent_at": format_ms(START_MS + round(at_s * MS_PER_S)),
        "sender": {"role": role, "id": "u-1"},
    }
    return json.dumps(body, ensure_ascii=False).encode()


def feedback_headers(kind: str) -> Headers:
    return (("ce_specversion", b"1.0"), ("ce_type", kind.encode()))


def feedback(conversation: str, at_s: float = 0.0, **more: str) -> bytes:
    """The value of a feedback event."""
    at = format_ms(START_MS + round(at_s * MS_PER_S))
    return json.dumps({"conversation_id": conversation, "at": at, **more}).encode()


def record(
    offset: int,
    value: bytes | None,
    key: bytes | None = None,
    topic: str = TOPICS.messages,
    headers: Headers = (),
    at_s: float = 0.0,
    epoch: int = 1,
) -> Record:
    timestamp_ms = START_MS + round(at_s * MS_PER_S)
    return Record(topic, 0, offset, epoch, timestamp_ms, key, value, headers)
