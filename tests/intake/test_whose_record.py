"""Whose conversation a record belongs to, good or bad."""

import pytest

from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.records import Rejected
from tests.intake.samples import LIMITS, RECORD_MS, TOPICS, body, record, rejected, turn


@pytest.mark.parametrize("key", [None, b"", b"shop:c-1", b"other:c-9", b"\xff", b"no colon"])
def test_the_body_names_the_conversation_whatever_the_key_says(key: bytes | None) -> None:
    assert turn(body(), key=key).key == "shop:c-1"


def test_a_message_without_a_tenant_belongs_to_the_default_one() -> None:
    assert turn(body(tenant_id=None)).key == "default:c-1"


@pytest.mark.parametrize(
    ("value", "key", "tenant", "conversation"),
    [
        (body(text=5), None, "shop", "c-1"),
        (body(text=5, tenant_id=None), None, "default", "c-1"),
        (body(text=5, conversation_id=None), b"shop:c-7", "shop", "c-7"),
        (body(text=5, conversation_id=7), b"shop:c:7", "shop", "c:7"),
        (body(tenant_id="a:b"), b"shop:c-7", "shop", "c-7"),
        (body(conversation_id="c" * 300), b"shop:c-7", "shop", "c-7"),
        (b"{", b"shop:c-7", "shop", "c-7"),
        (None, "shop:订单".encode(), "shop", "订单"),
        (None, None, None, None),
        (None, b"c-7", None, None),
        (None, b":c-7", None, None),
        (None, b"shop:", None, None),
        (None, b"shop:\xff", None, None),
        (None, b"shop:" + b"c" * 257, None, None),
        (None, b"s p:c-7", None, None),
        (None, b"shop\n:c-7", None, None),
    ],
)
def test_a_bad_record_is_attributed_by_its_body_else_by_its_key(
    value: bytes | None, key: bytes | None, tenant: str | None, conversation: str | None
) -> None:
    refusal = rejected(value, key=key)
    assert (refusal.tenant_id, refusal.conversation_id) == (tenant, conversation)


@pytest.mark.parametrize(
    ("key", "reason"),
    [(None, "no_conversation"), (b"c-1", "no_conversation"), (b"shop:c-1", "schema")],
)
def test_without_a_conversation_anywhere_the_reason_says_so(key: bytes | None, reason: str) -> None:
    assert rejected(body(conversation_id=None), key=key).reason == reason


def test_a_bad_record_keeps_its_message_id_and_time_where_they_can_be_read() -> None:
    refusal = rejected(body(text=5, sent_at="2026-01-01T07:59:00Z"))
    assert refusal.message_id == "m-1"
    assert refusal.event_ms == RECORD_MS - 60_000


def test_a_bad_record_without_a_readable_time_happened_when_kafka_says() -> None:
    assert rejected(b"{").event_ms == RECORD_MS
    assert rejected(body(text=5, sent_at="yesterday")).event_ms == RECORD_MS
    assert rejected(b"{", timestamp_ms=-1).event_ms == 0


def test_an_oversized_body_still_tells_its_conversation() -> None:
    refusal = rejected(body(text="x" * LIMITS.max_value_bytes), key=None)
    assert (refusal.reason, refusal.conversation_id) == ("size", "c-1")


def test_a_body_beyond_the_attribution_limit_is_not_even_looked_into() -> None:
    limits = IntakeLimits(max_value_bytes=10, max_attribution_bytes=20)
    refusal = Decoder(limits, TOPICS).decode(record(body(), key=b"shop:c-7"))
    assert isinstance(refusal, Rejected)
    assert refusal.conversation_id == "c-7"


def test_a_deeply_nested_body_tells_its_conversation_if_its_depth_can_be_passed_over() -> None:
    nested = b"[" * 200 + b"]" * 200
    assert rejected(body()[:-1] + b',"x":' + nested + b"}", key=None).conversation_id == "c-1"
