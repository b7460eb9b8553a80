"""Counts what people say of decisions and escalations, by what these were. Keeps no text.

Feedback names its decision by id only, so what the last decisions were is remembered, by a short
hash: feedback on an older one counts as `forgotten`. `chat-router feedback report` counts exactly.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry

from consumer.contract.known_values import ESCALATION_KINDS
from consumer.contract.message import (
    ConversationClosed,
    DecisionOverridden,
    EscalationAcknowledged,
    EscalationJudged,
    Feedback,
)
from consumer.records import FeedbackTurn
from consumer.routing.router import Routed
from consumer.telemetry import catalogue
from consumer.telemetry.instruments import OpenCounter, counters
from consumer.telemetry.metric import OTHER
from consumer.telemetry.observer import Work

REMEMBERED = 50_000
FEW = 5_000

_EVENTS: dict[type[Feedback], str] = {
    DecisionOverridden: "decision_overridden",
    EscalationAcknowledged: "escalation_acknowledged",
    EscalationJudged: "escalation_judged",
    ConversationClosed: "conversation_closed",
}
_Value = TypeVar("_Value")


class Recent(Generic[_Value]):
    """The last values by id; the oldest make room."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._values: dict[int, _Value] = {}

    def put(self, identity: str, value: _Value) -> None:
        """Remembers."""
        values = self._values
        if len(values) >= self._most:
            del values[next(iter(values))]
        values[hash(identity)] = value

    def get(self, identity: str) -> _Value | None:
        """What it was, if that is still known."""
        return self._values.get(hash(identity))


class FeedbackCounts:
    """Decisions and overrides by rule, judgements by kind; whoever counts intents is told."""

    def __init__(self, registry: CollectorRegistry, overridden: Callable[[str], None]) -> None:
        self._overridden = overridden
        self._events = counters(catalogue.FEEDBACK_EVENTS, registry)
        self._judged = counters(catalogue.JUDGEMENTS, registry)
        self._rules = OpenCounter(catalogue.RULE_DECISIONS, catalogue.MAX_RULES, registry)
        self._rule_overrides = OpenCounter(catalogue.RULE_OVERRIDES, catalogue.MAX_RULES, registry)
        self._decisions: Recent[tuple[str, str]] = Recent()
        self._escalations: Recent[str] = Recent()
        self._pairs: dict[tuple[str, str], tuple[str, str]] = {}

    def count(self, work: Work) -> None:
        """One committed transaction of one partition: its decisions, then its feedback."""
        self._remember(work.routed)
        for outcome in work.outcomes:
            if isinstance(outcome, FeedbackTurn):
                self._heard(outcome.event)

    def _remember(self, routed: Sequence[Routed]) -> None:
        counts: Counter[str] = Counter()
        for one in routed:
            decision = one.decision
            if decision is not None:
                pair = (decision.intent.name, decision.reason.rule_id)
                # One tuple for all alike, as long as they are few.
                pair = self._pairs.setdefault(pair, pair) if len(self._pairs) < FEW else pair
                self._decisions.put(decision.decision_id, pair)
                counts[pair[1]] += 1
            for name, event in one.escalations:
                if name.endswith("opened"):
                    self._escalations.put(event.escalation_id, event.kind)
        for rule, count in counts.items():
            self._rules.inc(rule, count)

    def _heard(self, event: Feedback) -> None:
        self._events[(_EVENTS[type(event)],)].inc()
        if isinstance(event, DecisionOverridden):
            forgotten = (catalogue.FORGOTTEN, catalogue.FORGOTTEN)
            intent, rule = self._decisions.get(event.decision_id) or forgotten
            self._overridden(intent)
            self._rule_overrides.inc(rule)
        elif isinstance(event, EscalationJudged):
            kind = self._escalations.get(event.escalation_id) or catalogue.FORGOTTEN
            known = (*ESCALATION_KINDS, catalogue.FORGOTTEN)
            verdict = catalogue.RIGHT if event.verdict == catalogue.RIGHT else catalogue.WRONG
            self._judged[(kind if kind in known else OTHER, verdict)].inc()
