"""Every event that real code writes is valid by the committed schema of its `ce_dataschema`."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from consumer.contract.asyncapi import SCHEMA_FOLDER
from consumer.contract.catalogue import EVENT_TYPES, MESSAGE_RECEIVED
from consumer.contract.generate import CONTRACT_FOLDER
from consumer.contract.topics import Topics
from consumer.inference.understand import prepare, understand
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.pipeline.lane import Lane, LaneLimits
from consumer.pipeline.outputs import Outputs
from consumer.ports import Assignment, InputGap, OutRecord, Unreadable
from consumer.records import FeedbackTurn, Outcome, Record, Turn
from consumer.routing.router import Router
from consumer.routing.rules import DEFAULT_RULES, load_ruleset
from tests.service.marked_model import MarkedModel

TOPICS = Topics()
MODEL = MarkedModel()
START_MS = 1_767_225_600_000
INPUT_ONLY = {event.name for event in EVENT_TYPES if event.topic in {"messages", "feedback"}}


class Conversation:
    """Drives one lane through a conversation and keeps all that it publishes."""

    def __init__(self) -> None:
        source = "/chat-router/test"
        self.lane = Lane(
            Assignment(0, 1, {TOPICS.messages: 0, TOPICS.feedback: 0}),
            TOPICS,
            Router(load_ruleset(DEFAULT_RULES), MODEL.refs, source),
            Outputs(TOPICS, source, 1_000_000),
            LaneLimits(),
        )
        self.decoder = Decoder(IntakeLimits(), TOPICS)
        self.published: list[OutRecord] = []
        self.inputs: list[tuple[str, bytes]] = []
        self._next = {TOPICS.messages: 0, TOPICS.feedback: 0}

    def say(self, text: str) -> None:
        self._read(TOPICS.messages, MESSAGE_RECEIVED.name, text=text, message_id="m", sent_at=SENT)

    def tell(self, kind: str, **fields: object) -> None:
        self._read(TOPICS.feedback, kind, at=SENT, by="agent-7", **fields)

    def lose(self) -> None:
        start = self._next[TOPICS.messages]
        self._next[TOPICS.messages] = start + 10
        self.lane.lose(InputGap(TOPICS.messages, 0, start, start + 10, "retention"))
        self._advance()

    def stop(self) -> None:
        offset = self._next[TOPICS.messages]
        self.lane.block(Unreadable(TOPICS.messages, 0, offset))
        self._advance()

    def _read(self, topic: str, kind: str, **fields: object) -> None:
        value = json.dumps({"conversation_id": "c1", **fields}).encode()
        offset = self._next[topic]
        self._next[topic] = offset + 1
        headers = (
            ("ce_specversion", b"1.0"),
            ("ce_type", kind.encode()),
            ("ce_id", b"1"),
            ("ce_source", b"/x"),
        )
        record = Record(topic, 0, offset, 1, START_MS, b"default:c1", value, headers)
        self.inputs.append((kind, value))
        self.lane.expect(record)
        self.lane.settle(record, self._outcome(record))
        self._advance()

    def _outcome(self, record: Record) -> Outcome:
        outcome = self.decoder.decode(record)
        assert isinstance(outcome, Turn | FeedbackTurn), outcome
        if isinstance(outcome, Turn):
            return understand(MODEL, prepare(MODEL, [outcome]))[0]
        return outcome

    def _advance(self) -> None:
        self.lane.advance(START_MS, limit=10)
        records, _ = self.lane.take()
        self.published += records
        self.lane.committed()


SENT = "2026-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def conversation() -> Conversation:
    talk = Conversation()
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


def events(talk: Conversation) -> Iterator[tuple[str, dict[str, Any], str]]:
    for record in talk.published:
        if record.headers and record.value:
            headers = dict(record.headers)
            name = (headers["ce_type"] or b"").decode()
            schema = (headers["ce_dataschema"] or b"").decode().rpartition("/")[2]
            yield name, json.loads(record.value), schema


def validator(file: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((CONTRACT_FOLDER / SCHEMA_FOLDER / file).read_text()))


def test_every_published_event_is_valid_by_its_own_schema(conversation: Conversation) -> None:
    for name, event, schema in events(conversation):
        problems = [error.message for error in validator(schema).iter_errors(event)]
        assert problems == [], name


def test_every_input_that_was_read_is_valid_by_its_schema(conversation: Conversation) -> None:
    files = {event.name: event.schema_file for event in EVENT_TYPES}
    for name, value in conversation.inputs:
        validator(files[name]).validate(json.loads(value))


def test_the_conversation_led_to_every_event_that_code_can_write(
    conversation: Conversation,
) -> None:
    written = {name for name, _, _ in events(conversation)}
    read = {name for name, _ in conversation.inputs}
    assert read == INPUT_ONLY
    # Nothing stops a partition's intake on its own yet, so nothing says so.
    assert written == {event.name for event in EVENT_TYPES} - INPUT_ONLY
