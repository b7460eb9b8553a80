"""Every event that real code writes is valid by the committed schema of its `ce_dataschema`."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from consumer.contract.asyncapi import SCHEMA_FOLDER
from consumer.contract.catalogue import EVENT_TYPES
from consumer.contract.generate import CONTRACT_FOLDER
from tests.contract.talk import Talk
from tests.service.marked_model import MarkedModel

INPUT_ONLY = {event.name for event in EVENT_TYPES if event.topic in {"messages", "feedback"}}


@pytest.fixture(scope="module")
def conversation() -> Talk:
    talk = Talk(MarkedModel())
    talk.say("where is order JD20260101888?")
    talk.say("<anger=60> this is the third time")
    talk.say("<anger=65> and nothing happens")
    talk.say("<anger=95> you will hear from my lawyer")
    opened = next(e for e in events(talk) if e[0] == "escalation.opened")[1]
    talk.tell("escalation.acknowledged", escalation_id=opened["escalation_id"])
    talk.tell("escalation.judged", escalation_id=opened["escalation_id"], verdict="right")
    decision = next(e for e in events(talk) if e[0] == "routing.decided")[1]
    talk.tell("decision.overridden", decision_id=decision["decision_id"], intent="delivery")
    talk.tell("conversation.closed")
    talk.lose()
    talk.stop()
    return talk


def events(talk: Talk) -> Iterator[tuple[str, dict[str, Any], str]]:
    for record in talk.published:
        if record.headers and record.value:
            headers = dict(record.headers)
            name = (headers["ce_type"] or b"").decode()
            schema = (headers["ce_dataschema"] or b"").decode().rpartition("/")[2]
            yield name, json.loads(record.value), schema


def validator(file: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((CONTRACT_FOLDER / SCHEMA_FOLDER / file).read_text()))


def test_every_published_event_is_valid_by_its_own_schema(conversation: Talk) -> None:
    for name, event, schema in events(conversation):
        problems = [error.message for error in validator(schema).iter_errors(event)]
        assert problems == [], name


def test_every_input_that_was_read_is_valid_by_its_schema(conversation: Talk) -> None:
    files = {event.name: event.schema_file for event in EVENT_TYPES}
    for name, value in conversation.inputs:
        validator(files[name]).validate(json.loads(value))


def test_the_conversation_led_to_every_event_that_code_can_write(
    conversation: Talk,
) -> None:
    written = {name for name, _, _ in events(conversation)}
    read = {name for name, _ in conversation.inputs}
    assert read == INPUT_ONLY
    # Nothing stops a partition's intake on its own yet, so nothing says so.
    assert written == {event.name for event in EVENT_TYPES} - INPUT_ONLY
