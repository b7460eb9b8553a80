"""The envelope of what is published, and the same event as one JSON object."""

import json

import pytest

from consumer.contract.catalogue import EVENT_TYPES, INPUT_LOST, ROUTING_DECIDED, EventType
from consumer.contract.cloudevents import Envelope, event_source, structured
from consumer.contract.incoming import envelope_of

AT = "2026-01-01T08:00:00.123Z"
CAUSE = "chat.messages.v1/3/42"


def headers_of(event_type: EventType, trace: bytes | None = None) -> list[tuple[str, bytes]]:
    return Envelope(event_source("eu"), event_type).headers("id-1", "shop:订单", AT, CAUSE, trace)


def test_a_decision_carries_every_header_of_the_contract() -> None:
    assert headers_of(ROUTING_DECIDED, b"00-aa-bb-01") == [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"id-1"),
        ("ce_source", b"/chat-router/eu"),
        ("ce_type", b"routing.decided"),
        ("ce_subject", "conversation/shop:订单".encode()),
        ("ce_time", AT.encode()),
        ("ce_dataschema", b"https://chat-router.dev/schemas/routing.decided.v1.json"),
        ("content-type", b"application/json"),
        ("ce_partitionkey", "shop:订单".encode()),
        ("ce_correlationid", "shop:订单".encode()),
        ("ce_causationid", CAUSE.encode()),
        ("traceparent", b"00-aa-bb-01"),
    ]


def test_without_a_trace_there_is_no_trace_header() -> None:
    assert "traceparent" not in dict(headers_of(ROUTING_DECIDED))


def test_an_incident_is_about_a_partition() -> None:
    assert dict(headers_of(INPUT_LOST))["ce_subject"] == "partition/shop:订单".encode()


def test_one_event_does_not_change_the_headers_of_the_next() -> None:
    envelope = Envelope("/chat-router/eu", ROUTING_DECIDED)
    first = envelope.headers("1", "a:b", AT, CAUSE)
    first.clear()
    assert len(envelope.headers("2", "a:b", AT, CAUSE)) == 11


def test_structured_mode_holds_all_attributes_and_the_data_as_json() -> None:
    event = json.loads(structured(headers_of(ROUTING_DECIDED, b"00-aa"), b'{"priority":5}'))
    assert event == {
        "specversion": "1.0",
        "id": "id-1",
        "source": "/chat-router/eu",
        "type": "routing.decided",
        "subject": "conversation/shop:订单",
        "time": AT,
        "dataschema": "https://chat-router.dev/schemas/routing.decided.v1.json",
        "datacontenttype": "application/json",
        "partitionkey": "shop:订单",
        "correlationid": "shop:订单",
        "causationid": CAUSE,
        "traceparent": "00-aa",
        "data": {"priority": 5},
    }


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=lambda event_type: event_type.name)
def test_both_modes_are_read_as_the_same_event(event_type: EventType) -> None:
    headers = headers_of(event_type)
    mode = {"content-type": b"application/cloudevents+json"}
    binary = envelope_of(dict(headers), b'{"a":1}')
    whole = envelope_of(mode, structured(headers, b'{"a":1}'))
    assert (binary.type, binary.data_schema) == (event_type.name, event_type.dataschema)
    assert (whole.type, whole.data_schema) == (binary.type, binary.data_schema)
    assert bytes(whole.data or b"") == binary.data == b'{"a":1}'


def test_attribute_names_are_valid_cloudevents_names() -> None:
    names = [name for name, _ in headers_of(ROUTING_DECIDED) if name.startswith("ce_")]
    assert all(name[3:].isalnum() and name.islower() and len(name) <= 23 for name in names)


def test_a_record_with_foreign_headers_only_is_no_cloudevent() -> None:
    assert not envelope_of({"traceparent": b"x", "content-type": None}, b"{}").enveloped
