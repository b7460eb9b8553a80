"""What the rules may look at in one customer turn. Holds values, tests nothing."""

from msgspec import Struct

from consumer.contract.decision import (
    AngerGuess,
    CategoryGuess,
    Entity,
    IntentGuess,
    LanguageGuess,
    Mood,
    SentimentGuess,
)
from consumer.contract.message import Customer
from consumer.routing.knowledge import NOTHING_FOUND, Found


class EscalationView(Struct, frozen=True, gc=False):
    """The conversation's open escalations after this turn; `severity` is the worst, 0 for none."""

    kinds: tuple[str, ...]
    severity: int


NO_ESCALATION = EscalationView((), 0)


class Features(Struct, frozen=True, gc=False):
    """One turn as rules see it. `answerable` says whether a machine may answer on its own."""

    category: CategoryGuess
    intent: IntentGuess
    sentiment: SentimentGuess
    anger: AngerGuess
    conversation: Mood
    escalation: EscalationView
    customer: Customer
    channel: str
    language: LanguageGuess
    entities: tuple[Entity, ...]
    attributes: dict[str, str]
    degraded: bool
    degraded_reasons: tuple[str, ...]
    answerable: bool
    findings: Found = NOTHING_FOUND
    at_ms: int = 0
