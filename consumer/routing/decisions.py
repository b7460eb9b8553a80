"""Builds a decision: picks the route and fills the event. Changes no state."""

from consumer.contract.decision import (
    EscalationChange,
    ModelRef,
    RoutingDecided,
    SourceRef,
)
from consumer.contract.identity import event_id
from consumer.records import Turn, Understood
from consumer.routing.conversation import Conversation
from consumer.routing.features import NO_ESCALATION, EscalationView, Features
from consumer.routing.mood import describe
from consumer.routing.prior_state import prior_of
from consumer.routing.readings import Reading
from consumer.routing.rules import Ruleset
from consumer.routing.timestamps import stamp

DECIDED = "routing.decided"

# The decision's id, and what its message did to escalations.
Told = tuple[str, tuple[EscalationChange, ...]]


class DecisionWriter:
    """Writes the decisions of one ruleset, with one set of models."""

    __slots__ = ("_mode", "_models", "_ruleset", "_source")

    def __init__(
        self, ruleset: Ruleset, models: tuple[ModelRef, ...], source: str, mode: str
    ) -> None:
        self._ruleset = ruleset
        self._models = models
        self._source = source
        self._mode = mode

    def identity(self, turn: Turn) -> str:
        """The id of the decision on this turn."""
        record = turn.record
        return event_id(DECIDED, self._source, record.topic, record.partition, record.offset)

    def features(self, understood: Understood, reading: Reading, after: Conversation) -> Features:
        """The turn as rules see it, after its effect on mood and escalations."""
        message = understood.turn.message
        return Features(
            reading.category,
            reading.intent,
            reading.sentiment,
            reading.anger,
            describe(after, message.customer.contacts_7d >= self._ruleset.repeat_contact_from),
            _view(after) if after.open else NO_ESCALATION,
            message.customer,
            message.channel,
            understood.language,
            understood.entities,
            message.attributes,
            bool(reading.reasons),
            reading.reasons,
            reading.answerable,
        )

    def write(
        self, understood: Understood, features: Features, before: Conversation, told: Told, now: int
    ) -> RoutingDecided:
        """The decision of the first route that applies; `now` is in milliseconds."""
        turn = understood.turn
        message, record, at_ms = turn.message, turn.record, turn.event_ms
        language = self._ruleset.language_of(features.language.code)
        route, hours, target, reason = self._ruleset.shortlist.choose(features, language, at_ms)
        decision_id, escalations = told
        latency_ms = now - record.timestamp_ms
        return RoutingDecided(
            decision_id=decision_id,
            message_id=message.message_id,
            conversation_id=message.conversation_id,
            tenant_id=message.tenant_id,
            decided_at=stamp(now),
            latency_ms=float(latency_ms) if latency_ms > 0 else 0.0,
            mode=self._mode,
            language=features.language,
            category=features.category,
            intent=features.intent,
            entities=features.entities,
            sentiment=features.sentiment,
            anger=features.anger,
            conversation=features.conversation,
            prior=prior_of(before),
            action=route.action,
            target=target,
            fallbacks=route.fallbacks[language],
            priority=route.priority,
            sla=route.sla.due(at_ms),
            business_hours=hours,
            reason=reason,
            escalations=escalations,
            models=self._models,
            ruleset=self._ruleset.ref,
            degraded=features.degraded,
            degraded_reasons=features.degraded_reasons,
            source=SourceRef(record.topic, record.partition, record.offset),
        )


def _view(after: Conversation) -> EscalationView:
    return EscalationView(
        tuple(record.kind for record in after.open), max(record.severity for record in after.open)
    )
