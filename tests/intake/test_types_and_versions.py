"""Which events a topic may carry, in which versions, in which mode, and how often."""

import json

import pytest

from consumer.contract.catalogue import MESSAGE_RECEIVED
from consumer.contract.cloudevents import Envelope, structured
from consumer.records import FeedbackTurn, Headers, Rejected
from tests.intake.samples import SENT_AT, TOPICS, body, decode, rejected, turn

TYPE = b"message.received"
STRUCTURED = (("content-type", b"application/cloudevents+json; charset=utf-8"),)


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("traceparent", b"00-1-2-03"), ("content-type", b"application/json")),
        (("ce_type", TYPE),),
        (("ce_type", b"message.received.v1"),),
        (("ce_type", TYPE), ("ce_specversion", b"1.0")),
        (("ce_type", TYPE), ("ce_specversion", b"1.1")),
        (("ce_type", TYPE), ("ce_dataschema", MESSAGE_RECEIVED.dataschema.encode())),
        (("ce_type", TYPE), ("ce_dataschema", b"https://shop.example/message.received.v1")),
        (("ce_type", TYPE), ("ce_dataschema", b"https://shop.example/our-own.v7.json")),
        (("ce_type", TYPE), ("ce_dataschema", None)),
        (("ce_type", b"order.placed"), ("ce_type", TYPE)),
        tuple(Envelope("/channels/web", MESSAGE_RECEIVED).headers("i", "k", SENT_AT, "c", None)),
    ],
)
def test_a_message_is_read(headers: Headers) -> None:
    assert turn(body(), headers).key == "shop:c-1"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ((("ce_type", b"order.placed"),), "type"),
        ((("ce_type", b"order.placed.v2"),), "type"),
        ((("ce_type", b"routing.decided"),), "type"),
        ((("ce_type", b"conversation.closed"),), "type"),
        ((("ce_type", b"\xff"),), "type"),
        ((("ce_type", b""),), "type"),
        ((("ce_id", b"1"),), "type"),
        ((("ce_type", b"message.received.v2"),), "version"),
        ((("ce_type", b"message.received.v0"),), "version"),
        ((("ce_type", b"message.received.v" + b"9" * 5_000),), "version"),
        ((("ce_type", TYPE), ("ce_specversion", b"0.3")), "version"),
        ((("ce_type", TYPE), ("ce_specversion", b"2.0")), "version"),
        ((("ce_type", TYPE), ("ce_dataschema", b"https://a/message.received.v2.json")), "version"),
        ((("ce_type", TYPE), ("ce_dataschema", b"message.received.v10")), "version"),
    ],
)
def test_another_type_or_version_is_refused(headers: Headers, reason: str) -> None:
    assert rejected(body(), headers).reason == reason


def test_a_newer_version_is_still_attributed() -> None:
    refusal = rejected(body(text={"html": "x"}), (("ce_type", b"message.received.v2"),), key=None)
    assert (refusal.reason, refusal.conversation_id) == ("version", "c-1")


def test_structured_mode_reads_like_binary_mode() -> None:
    headers = Envelope("/channels/web", MESSAGE_RECEIVED).headers("i", "k", SENT_AT, "c", None)
    assert turn(structured(headers, body()), STRUCTURED).message == turn(body()).message


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"specversion": "1.0", "type": "order.placed", "data": {}}, "type"),
        ({"specversion": "1.0", "data": {}}, "type"),
        ({"specversion": "2.0", "type": "message.received", "data": {}}, "version"),
        ({"specversion": "1.0", "type": "message.received"}, "schema"),
        ({"specversion": "1.0", "type": "message.received", "data": None}, "schema"),
        ({"specversion": "1.0", "type": "message.received", "data": "text"}, "schema"),
        ({"specversion": "1.0", "type": "message.received", "data_base64": "e30="}, "schema"),
        ({"specversion": "1.0", "type": 5, "data": {}}, "schema"),
        ([], "schema"),
    ],
)
def test_a_structured_event_is_judged_by_the_same_rules(event: object, reason: str) -> None:
    assert rejected(json.dumps(event).encode(), STRUCTURED).reason == reason


def test_a_broken_structured_event_is_attributed_by_its_data() -> None:
    event = b'{"type": "message.received", "data": ' + body(text=5) + b"}"
    assert rejected(event, STRUCTURED, key=None).conversation_id == "c-1"


FEEDBACK = {
    "decision.overridden": {"decision_id": "d"},
    "escalation.acknowledged": {"escalation_id": "e"},
    "escalation.judged": {"escalation_id": "e", "verdict": "right"},
    "conversation.closed": {},
}


def feedback(event_type: str, **fields: object) -> FeedbackTurn | Rejected:
    value = json.dumps({"conversation_id": "c-1", "tenant_id": "shop", "at": SENT_AT} | fields)
    headers = (("ce_type", event_type.encode()),)
    outcome = decode(value.encode(), headers, topic=TOPICS.feedback)
    assert isinstance(outcome, FeedbackTurn | Rejected)
    return outcome


@pytest.mark.parametrize(("event_type", "fields"), FEEDBACK.items())
def test_feedback_is_read(event_type: str, fields: dict[str, str]) -> None:
    outcome = feedback(event_type, **fields)
    assert isinstance(outcome, FeedbackTurn)
    assert outcome.key == "shop:c-1"


@pytest.mark.parametrize(
    ("event_type", "reason"),
    [
        ("message.received", "type"),
        ("routing.decided", "type"),
        ("conversation.closed.v2", "version"),
        ("escalation.judged", "schema"),
    ],
)
def test_other_feedback_is_refused(event_type: str, reason: str) -> None:
    outcome = feedback(event_type)
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.conversation_id) == (reason, "c-1")


def test_feedback_without_a_type_is_refused() -> None:
    assert rejected(body(), topic=TOPICS.feedback).reason == "type"


@pytest.mark.parametrize(
    ("attempts", "is_read"),
    [
        (b"0", True),
        (b"3", True),
        (b"4", False),
        (b"9" * 5_000, False),
        (b"many", True),
        (b"-5", True),
        (b"", True),
        (None, True),
        ("٤".encode(), True),
    ],
)
def test_a_record_tried_more_than_three_times_is_parked(
    attempts: bytes | None, is_read: bool
) -> None:
    outcome = decode(body(), (("x-chat-router-attempts", attempts),))
    assert (not isinstance(outcome, Rejected)) is is_read
    if isinstance(outcome, Rejected):
        assert (outcome.reason, outcome.conversation_id) == ("loop", "c-1")
