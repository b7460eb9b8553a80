"""Builds a decision: picks the route and fills the event. Changes no state."""

from consumer.contract.decision import (
    EscalationChange,
    ModelRef,
    RoutingDecided,
    SourceRef,
)
from consumer.contract.identity import EventIds
from consumer.records import Turn, Understood
from consumer.routing.conversation import Conversation
from consumer.routing.features import NO_ESCALATION, EscalationView, Features
from consumer.routing.knowledge import Glance
from consumer.routing.mood import describe
from consumer.routing.prior_state import prior_of
from consumer.routing.readings import Reading
from consumer.routing.routes import SlaPolicy
from consumer.routing.rules import Ruleset
from consumer.routing.timestamps import stamp_of_run

DECIDED = "routing.decided"

# The decision's id, what its message did to escalations, and which the rate guard held back.
Told = tuple[str, tuple[EscalationChange, ...], tuple[str, ...]]


class DecisionWriter:
    """Writes the decisions of one ruleset, with one set of models."""

    __slots__ = ("_ids", "_knowledge", "_mode", "_models", "_repeat_from", "_ruleset")

    def __init__(
        self, ruleset: Ruleset, models: tuple[ModelRef, ...], source: str, mode: str
    ) -> None:
        self._ruleset = ruleset
        self._knowledge = ruleset.knowledge
        self._repeat_from = ruleset.repeat_contact_from
        self._models = models
        self._ids = EventIds(DECIDED, source)
        self._mode = mode

    def identity(self, turn: Turn) -> str:
        """The id of the decision on this turn."""
        record = turn.record
        return self._ids.of(record.topic, record.partition, record.offset)

    def identity_of(self, topic: str, partition: int, offset: int) -> str:
        """The id of the decision on the turn at these coordinates."""
        return self._ids.of(topic, partition, offset)

    def features(self, understood: Understood, reading: Reading, after: Conversation) -> Features:
        """The turn as rules see it, after its effect on mood and escalations."""
        turn, entities = understood.turn, understood.entities
        message, reasons = turn.message, reading.reasons
        customer = message.customer
        return Features(
            reading.category,
            reading.intent,
            reading.sentiment,
            reading.anger,
            describe(after, customer.contacts_7d >= self._repeat_from),
            _view(after) if after.open else NO_ESCALATION,
            customer,
            message.channel,
            understood.language,
            entities,
            message.attributes,
            bool(reasons),
            reasons,
            reading.answerable,
            Glance(self._knowledge, message.text, entities),
            turn.event_ms,
        )

    def write(
        self, understood: Understood, features: Features, before: Conversation, told: Told, now: int
    ) -> tuple[RoutingDecided, SlaPolicy]:
        """The decision of the first route that applies, and its promise; `now` is in ms."""
        turn = understood.turn
        message, record, at_ms = turn.message, turn.record, turn.event_ms
        language = self._ruleset.language_of(features.language.code)
        route, hours, target, reason = self._ruleset.shortlist.choose(features, language, at_ms)
        decision_id, escalations, held_back = told
        latency_ms = now - record.timestamp_ms
        # By position, in the order of the contract: by keyword it costs a microsecond more.
        decision = RoutingDecided(
            decision_id,
            message.message_id,
            message.conversation_id,
            message.tenant_id,
            stamp_of_run(now),
            float(latency_ms) if latency_ms > 0 else 0.0,
            self._mode,
            features.language,
            features.category,
            features.intent,
            features.entities,
            features.sentiment,
            features.anger,
            features.conversation,
            prior_of(before, held_back),
            route.action,
            target,
            route.fallbacks[language],
            route.priority,
            route.sla.due(at_ms),
            hours,
            reason,
            escalations,
            self._models,
            self._ruleset.ref,
            features.degraded,
            features.degraded_reasons,
            SourceRef(record.topic, record.partition, record.offset),
        )
        return decision, route.sla


def _view(after: Conversation) -> EscalationView:
    return EscalationView(
        tuple(record.kind for record in after.open), max(record.severity for record in after.open)
    )
