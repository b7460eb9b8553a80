"""The committed schemas: equal to the types, valid, and open."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from consumer.contract.catalogue import EVENT_TYPES, MESSAGE_RECEIVED, EventType
from consumer.contract.generate import CONTRACT_FOLDER, drift, generated, main, write
from consumer.contract.known_values import SENDER_ROLES
from consumer.contract.schema import schema_of

every_event_type = pytest.mark.parametrize(
    "event_type", EVENT_TYPES, ids=lambda event_type: event_type.name
)


def committed(event_type: EventType) -> dict[str, Any]:
    path = CONTRACT_FOLDER / "schemas" / event_type.schema_file
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def nodes(schema: object) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for child in schema.values():
            yield from nodes(child)
    elif isinstance(schema, list):
        for child in schema:
            yield from nodes(child)


def test_what_is_committed_is_what_the_types_say() -> None:
    assert drift(CONTRACT_FOLDER) == []
    assert main(["--check"]) == 0


def test_generation_mends_what_differs_and_takes_away_what_is_nothing(tmp_path: Path) -> None:
    assert write(tmp_path) == sorted(generated())
    (tmp_path / "asyncapi.yaml").write_text("changed", encoding="utf-8")
    (tmp_path / "schemas" / "old.v1.json").write_text("{}", encoding="utf-8")
    assert drift(tmp_path) == ["asyncapi.yaml", "schemas/old.v1.json"]
    write(tmp_path)
    assert drift(tmp_path) == []


@every_event_type
def test_every_event_type_has_a_valid_schema_at_its_address(event_type: EventType) -> None:
    schema = committed(event_type)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == event_type.dataschema
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert schema["description"]


@every_event_type
def test_schemas_stay_open(event_type: EventType) -> None:
    for node in nodes(committed(event_type)):
        assert node.get("additionalProperties") is not False
        assert "unevaluatedProperties" not in node
        assert "enum" not in node
        assert "const" not in node


@every_event_type
def test_schemas_read_alike_in_draft_7(event_type: EventType) -> None:
    """AsyncAPI tools read them as draft 7: nothing in them may mean something else there."""
    for node in nodes(committed(event_type)):
        assert not node.keys() & {"prefixItems", "dependentSchemas", "$dynamicRef"}


def test_known_values_are_listed() -> None:
    role = schema_of(MESSAGE_RECEIVED)["$defs"]["Sender"]["properties"]["role"]
    assert role["x-known-values"] == list(SENDER_ROLES)


MESSAGE = {
    "message_id": "m",
    "conversation_id": "c",
    "text": "",
    "sent_at": "2026-01-01T08:00:00Z",
}


@pytest.mark.parametrize(
    ("changes", "is_valid"),
    [
        ({}, True),
        ({"unknown": {"deep": []}}, True),
        ({"sender": {"role": "supervisor"}}, True),
        ({"tenant_id": "shop\n"}, False),
        ({"tenant_id": "a:b"}, False),
        ({"conversation_id": "c\x00"}, False),
        ({"conversation_id": "c\n"}, False),
        ({"conversation_id": "订单 17"}, True),
        ({"text": 5}, False),
        ({"customer": {"open_orders": -1}}, False),
    ],
)
def test_the_schema_judges_a_message_as_intake_does(
    changes: dict[str, object], is_valid: bool
) -> None:
    validator = Draft202012Validator(committed(MESSAGE_RECEIVED))
    assert validator.is_valid(MESSAGE | changes) is is_valid
