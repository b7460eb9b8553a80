"""Plays written conversations through the service's own code, from bytes to events."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from consumer.app import ServiceSettings, lane_opener
from consumer.contract.topics import Topics
from consumer.inference.model import Model
from consumer.intake.decode import Decoder
from consumer.kafka.client_settings import KafkaSettings
from consumer.pipeline.offline import OfflineRouter
from consumer.ports import Assignment, OutRecord
from consumer.routing.in_force import Routers, RulesInForce
from consumer.routing.router import Router
from consumer.routing.rules import Ruleset
from exporters.corpus_format import Conversation
from tests.alerts.perfect_model import PerfectModel
from tests.alerts.script import lines_of

TOPICS = Topics()
OPENED = b"escalation.opened"
BY_TIMER = "sla_breach"


@dataclass(frozen=True, slots=True)
class Alert:
    """An escalation that opened after so many customer turns; a timer's lies between two."""

    kind: str
    turn: int

    def is_inside(self, first: int, last: int) -> bool:
        """Whether it opened between these customer turns; for a timer, one of its neighbours."""
        latest = self.turn + 1 if self.kind == BY_TIMER else self.turn
        return first <= latest and self.turn <= last


@dataclass(frozen=True, slots=True)
class Heard:
    """A customer turn: its anger, and whether its decided subject is the conversation's."""

    anger: float
    subject_is_right: bool


@dataclass(slots=True)
class Played:
    """What the service made of a conversation."""

    conversation: Conversation
    alerts: list[Alert] = field(default_factory=list)
    turns: list[Heard] = field(default_factory=list)


@dataclass(slots=True)
class _Stopped:
    """A clock that follows the script."""

    at_ms: int = 0

    def now_ms(self) -> int:
        return self.at_ms

    def monotonic(self) -> float:
        return self.at_ms / 1_000


def play(conversations: Iterable[Conversation], model: Model, rules: Ruleset) -> list[Played]:
    """Each conversation on a partition of its own."""
    settings = ServiceSettings("alerts", KafkaSettings("nowhere"), Path("nowhere"))
    in_force = RulesInForce(Routers(Router(rules, model.refs, "/chat-router/alerts")))
    open_lane = lane_opener(settings, in_force)
    decoder = Decoder(settings.intake, TOPICS)
    played = []
    for conversation in conversations:
        lane = open_lane(Assignment(0, 1, {TOPICS.messages: 0, TOPICS.feedback: 0}))
        clock = _Stopped()
        router = OfflineRouter(decoder.decode, model, lane, clock)
        found = Played(conversation)
        for line in lines_of(conversation, TOPICS):
            if isinstance(model, PerfectModel):
                model.row = line.row
            clock.at_ms = line.record.timestamp_ms
            _note(found, router.route(line.record), line.intent)
        played.append(found)
    return played


def _note(found: Played, records: Iterable[OutRecord], intent: str | None) -> None:
    for record in records:  # timers come before the turn that they were due by
        if record.topic == TOPICS.routing:
            body = json.loads(record.value or b"")
            right = body["intent"]["name"] == intent
            found.turns.append(Heard(body["anger"]["score"], right))
        elif record.topic == TOPICS.escalations and _type_of(record) == OPENED:
            kind = json.loads(record.value or b"")["kind"]
            found.alerts.append(Alert(kind, len(found.turns)))


def _type_of(record: OutRecord) -> bytes | None:
    return dict(record.headers or ()).get("ce_type")
