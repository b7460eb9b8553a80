"""The AsyncAPI document: every topic and event is in it, and every reference leads somewhere."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
import yaml

from consumer.contract.catalogue import EVENT_TYPES, ROUTING_DECIDED
from consumer.contract.cloudevents import Envelope
from consumer.contract.dead_letter import dead_letter
from consumer.contract.generate import ASYNCAPI_FILE, CONTRACT_FOLDER
from consumer.contract.topics import Topics
from consumer.records import Record, Rejected


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    text = (CONTRACT_FOLDER / ASYNCAPI_FILE).read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for child in node.values():
            yield from references(child)


def test_every_topic_is_a_channel(document: dict[str, Any]) -> None:
    addresses = {name: channel["address"] for name, channel in document["channels"].items()}
    topics = Topics()
    assert addresses == {one.name: getattr(topics, one.name) for one in fields(topics)}


def test_every_event_type_is_on_its_topic(document: dict[str, Any]) -> None:
    for event_type in EVENT_TYPES:
        assert event_type.name in document["channels"][event_type.topic]["messages"]
    assert list(document["channels"]["shadow"]["messages"]) == [ROUTING_DECIDED.name]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document):
        if not reference.startswith("#/"):
            assert (CONTRACT_FOLDER / reference).is_file()
            continue
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def test_every_message_states_its_key(document: dict[str, Any]) -> None:
    for message in document["components"]["messages"].values():
        assert message["bindings"]["kafka"]["key"]["description"]


def test_the_headers_are_those_that_are_written(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    written = Envelope("/s", ROUTING_DECIDED).headers("i", "k", "t", "c", b"trace")
    assert list(schemas["CloudEventHeaders"]["properties"]) == [name for name, _ in written]
    record = Record("t", 0, 0, 0, 0, None, b"x" * 100, ())
    cut = dead_letter(Rejected(record, "parse", "decode", "NotJson"), "d", max_bytes=50)
    assert set(schemas["DeadLetterHeaders"]["properties"]) == {name for name, _ in cut.headers}
