"""A compiled route: what a matching turn gets. Looks at one turn, knows no state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from consumer.contract.decision import BusinessHours, Evidence, Fallback, Sla, Target
from consumer.routing.calendars import Calendar
from consumer.routing.features import Features
from consumer.routing.matchers import Condition, Settled
from consumer.routing.operators import Test
from consumer.routing.templates import TargetSource, TargetTemplate, TextPair
from consumer.routing.timestamps import stamps_after

ANSWER = "answer"
ALWAYS = BusinessHours("always", True)

KEYED_VALUES = frozenset(("category", "intent"))
REASON_VALUES: Mapping[str, Callable[[Features], str]] = {
    "category": lambda f: f.category.label,
    "intent": lambda f: f.intent.name,
    "confidence": lambda f: f"{f.intent.confidence:.2f}",
    "sentiment": lambda f: f.sentiment.label,
    "anger": lambda f: f"{f.anger.score:.2f}",
    "mood": lambda f: f"{f.conversation.mood:.2f}",
    "negative_streak": lambda f: str(f.conversation.negative_streak),
    "turns": lambda f: str(f.conversation.customer_turns),
    "severity": lambda f: str(f.escalation.severity),
    "tier": lambda f: f.customer.tier,
    "channel": lambda f: f.channel,
    "language": lambda f: f.language.code,
}


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """Seconds from the message's event time."""

    name: str
    first_response_s: int
    resolution_s: int

    def due(self, at_ms: int) -> Sla:
        """The two due times of a message."""
        first, last = stamps_after(at_ms, self.first_response_s, self.resolution_s)
        return Sla(self.name, first, last)


@dataclass(frozen=True, slots=True)
class Route:
    """One route, or the default (without a condition). Everything is prepared by language.

    A route that answers by itself applies only where a machine may answer.
    """

    id: str
    action: str
    condition: Condition | None
    targets: Mapping[str, TargetTemplate]
    closed_targets: Mapping[str, TargetTemplate] | None
    fallbacks: Mapping[str, tuple[Fallback, ...]]
    priority: int
    sla: SlaPolicy
    calendar: Calendar | None
    code: str
    text: TextPair[Features]

    def narrow(self, features: Features, settled: Settled) -> Test | bool:
        """True or false where settled leaves decide, else the test of what is still open."""
        if self.action == ANSWER and not features.answerable:
            return False
        return True if self.condition is None else self.condition.narrow(features, settled)

    def matches(self, features: Features) -> bool:
        """Whether its condition holds."""
        if self.action == ANSWER and not features.answerable:
            return False
        return self.condition is None or self.condition.test(features)

    def hours(self, at_ms: int) -> BusinessHours:
        """Whether the route's calendar is open."""
        if self.calendar is None:
            return ALWAYS
        return self.calendar.hours(at_ms)

    @property
    def is_always_open(self) -> bool:
        """Whether its hours are the same at any time."""
        return self.calendar is None or self.calendar.is_always_open

    def target(self, language: str, is_open: bool, source: TargetSource) -> Target | None:
        """Where to; None if the target needs an entity or a product that the message lacks."""
        if not is_open and self.closed_targets is not None:
            return self.closed_targets[language].render(source)
        return self.targets[language].render(source)

    def evidence(self, features: Features) -> tuple[Evidence, ...]:
        """The conditions that held."""
        return () if self.condition is None else self.condition.holds(features)
