"""A lane with real rules and a model with markers, and what it has committed. No Kafka."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from consumer.inference.understand import prepare, understand
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.pipeline.lane import Lane, LaneLimits
from consumer.pipeline.outputs import Outputs
from consumer.pipeline.partition_notes import NOTES_KEY
from consumer.ports import Assignment, InputGap, OutRecord, StateRecord, TopicPartition
from consumer.records import Outcome, Record, Turn
from consumer.routing.router import Router
from consumer.routing.rules import default_ruleset
from tests.fakes.manual_clock import MS_PER_S, START_MS
from tests.pipeline.records import TOPICS, feedback, feedback_headers, message, record
from tests.service.marked_model import MarkedModel

NO_LIMIT = 1_000_000
MAX_BYTES = 1_000_000
SOURCE = "/chat-router/test"
# They alone may differ when the same outcome is applied again.
PROCESSING_TIMES = ("decided_at", "latency_ms")
RULESET = default_ruleset()
MODEL = MarkedModel()
DECODER = Decoder(IntakeLimits(), TOPICS)

Transaction = tuple[list[OutRecord], dict[TopicPartition, int]]


def outcome_of(one: Record) -> Outcome:
    """What workers make of a record."""
    outcome = DECODER.decode(one)
    if isinstance(outcome, Turn) and outcome.message.sender.role == "customer":
        return understand(MODEL, prepare(MODEL, [outcome]))[0]
    return outcome


def new_lane(
    state: Iterable[StateRecord] = (),
    limits: LaneLimits | None = None,
    next_offsets: dict[str, int] | None = None,
    gaps: Sequence[InputGap] = (),
) -> Lane:
    offsets = {TOPICS.messages: 0, TOPICS.feedback: 0} | (next_offsets or {})
    lane = Lane(
        Assignment(0, 1, offsets, gaps),
        TOPICS,
        Router(RULESET, MODEL.refs, SOURCE),
        Outputs(TOPICS, SOURCE, MAX_BYTES),
        limits or LaneLimits(),
    )
    lane.restore(state)
    return lane


@dataclass
class Talk:
    """Feeds a lane and keeps all that it commits."""

    lane: Lane = field(default_factory=new_lane)
    offset: int = 0
    feedback_offset: int = 0
    now_ms: int = START_MS
    committed: list[OutRecord] = field(default_factory=list)
    offsets: dict[TopicPartition, int] = field(default_factory=dict)

    def says(
        self,
        text: str,
        at_s: float = 0.0,
        conversation: str = "c-1",
        role: str = "customer",
        arrives_s: float | None = None,
    ) -> Record:
        value = message(conversation, text, at_s, role, f"m-{self.offset}")
        arrives_s = at_s if arrives_s is None else arrives_s
        return self.feeds(record(self.offset, value, at_s=arrives_s))

    def hears(self, kind: str, at_s: float = 0.0, conversation: str = "c-1", **more: str) -> Record:
        value = feedback(conversation, at_s, **more)
        one = record(
            self.feedback_offset,
            value,
            topic=TOPICS.feedback,
            headers=feedback_headers(kind),
            at_s=at_s,
        )
        return self.feeds(one)

    def feeds(self, one: Record) -> Record:
        """Hands a record to the lane, with its outcome."""
        assert self.lane.expect(one)
        self.lane.settle(one, outcome_of(one))
        if one.topic == TOPICS.messages:
            self.offset = one.offset + 1
        else:
            self.feedback_offset = one.offset + 1
        return one

    def opens(self, limit: int = NO_LIMIT) -> Transaction:
        """Applies what is ready; what the next transaction would hold."""
        self.lane.advance(self.now_ms, limit)
        return self.lane.take()

    def commits(self) -> list[OutRecord]:
        """One transaction that comes through; its records."""
        records, offsets = self.opens()
        self.lane.committed()
        self.committed += records
        self.offsets |= offsets
        return records

    def waits(self, until_s: float) -> None:
        """Nothing is unread until then."""
        self.lane.idle(START_MS + round(until_s * MS_PER_S))

    def changelog(self) -> list[StateRecord]:
        """All state records, as a new owner reads them."""
        return [(one.key or b"", one.value) for one in self.committed if one.topic == TOPICS.state]


def bodies(records: Iterable[OutRecord], topic: str) -> list[dict[str, Any]]:
    """JSON values of one topic."""
    return [json.loads(one.value or b"null") for one in records if one.topic == topic]


def decisions(records: Iterable[OutRecord]) -> list[dict[str, Any]]:
    """Decisions without the times of processing."""
    return [
        {name: value for name, value in body.items() if name not in PROCESSING_TIMES}
        for body in bodies(records, TOPICS.routing)
    ]


def escalations(records: Iterable[OutRecord]) -> list[tuple[str, str, str | None]]:
    """(conversation, kind, state or resolution) of all escalation events."""
    return [
        (body["conversation_id"], body["kind"], body.get("resolution") or body["state"])
        for body in bodies(records, TOPICS.escalations)
    ]


def states(records: Iterable[OutRecord]) -> dict[str, bool]:
    """Conversations with a state record, in order; False for a tombstone."""
    return {
        (one.key or b"").decode(): one.value is not None
        for one in records
        if one.topic == TOPICS.state and one.key != NOTES_KEY
    }


def dead_letters(records: Iterable[OutRecord]) -> list[dict[str, str]]:
    """Headers of all dead letters."""
    return [
        {name: (value or b"").decode() for name, value in one.headers or ()}
        for one in records
        if one.topic == TOPICS.dead_letters
    ]
