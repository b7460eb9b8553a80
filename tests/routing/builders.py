"""Turns, feedback and rules for the tests. Holds no assertions."""

from dataclasses import dataclass, field

from consumer.contract.decision import Entity, LanguageGuess, ModelRef, RoutingDecided
from consumer.contract.message import (
    ConversationClosed,
    Customer,
    EscalationAcknowledged,
    EscalationJudged,
    Feedback,
    MessageReceived,
    Sender,
)
from consumer.records import FeedbackTurn, Prediction, Record, Rejected, Turn, Understood
from consumer.routing.conversation import Conversation
from consumer.routing.escalation_events import NamedEvent
from consumer.routing.rate_guard import Guard
from consumer.routing.router import Routed, Router
from consumer.routing.rules import default_ruleset

START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
CONVERSATION = "c-77"
KEY = f"shop1:{CONVERSATION}"
MODELS = (ModelRef("intent", "starter", "1", "ab" * 32),)
SOURCE = "/chat-router/test"
DISPLEASED = 0.5  # from here on the words complain, unless a test says otherwise
INTENTS = (
    "order",
    "delivery",
    "refund_return",
    "after_sales",
    "payment",
    "price_promo",
    "invoice",
    "account",
    "product_info",
    "contact_agent",
    "feedback",
    "other",
)


def router() -> Router:
    return Router(default_ruleset(), MODELS, SOURCE)


def record(offset: int, topic: str = "chat.messages.v1") -> Record:
    return Record(topic, 3, offset, 1, START_MS + offset, b"key", b"value")


def turn(
    offset: int,
    at_s: float = 0.0,
    text: str = "where is it",
    role: str = "customer",
    tier: str = "standard",
    contacts_7d: int = 0,
    attributes: dict[str, str] | None = None,
) -> Turn:
    message = MessageReceived(
        f"m-{offset}",
        CONVERSATION,
        text,
        "2026-01-01T00:00:00Z",
        "shop1",
        sender=Sender(role, "u-1"),
        channel="web",
        customer=Customer("u-1", tier, 0, contacts_7d),
        attributes=attributes or {},
    )
    return Turn(record(offset), message, KEY, START_MS + round(at_s * 1000))


def spread(labels: tuple[str, ...], label: str, share: float) -> dict[str, float]:
    rest = round((1.0 - share) / (len(labels) - 1), 4)
    return {name: share if name == label else rest for name in labels}


def understood(
    offset: int,
    at_s: float = 0.0,
    anger: float = 0.0,
    sentiment: str = "neutral",
    category: str = "",
    intent: str = "delivery",
    intent_share: float = 0.9,
    entities: tuple[Entity, ...] = (),
    language: str = "en",
    flaws: tuple[str, ...] = (),
    text: str = "where is it",
    tier: str = "standard",
    contacts_7d: int = 0,
    attributes: dict[str, str] | None = None,
) -> Understood:
    category = category or ("complaint" if anger >= DISPLEASED else "query")
    prediction = Prediction(
        spread(("query", "complaint", "suggestion"), category, 0.9),
        spread(INTENTS, intent, intent_share),
        spread(("negative", "neutral", "positive"), sentiment, 0.8),
        anger,
        (),
    )
    said = turn(offset, at_s, text, "customer", tier, contacts_7d, attributes)
    return Understood(said, prediction, entities, LanguageGuess(language, 0.99), flaws)


def feedback(offset: int, at_s: float, event: Feedback) -> FeedbackTurn:
    at_ms = START_MS + round(at_s * 1000)
    return FeedbackTurn(record(offset, "chat.feedback.v1"), event, KEY, at_ms)


def acknowledged(escalation_id: str) -> Feedback:
    return EscalationAcknowledged(
        conversation_id=CONVERSATION, tenant_id="shop1", escalation_id=escalation_id
    )


def judged(escalation_id: str, verdict: str) -> Feedback:
    return EscalationJudged(
        conversation_id=CONVERSATION,
        tenant_id="shop1",
        escalation_id=escalation_id,
        verdict=verdict,
    )


def conversation_closed() -> Feedback:
    return ConversationClosed(conversation_id=CONVERSATION, tenant_id="shop1")


def rejected(
    offset: int, at_s: float = 0.0, conversation_id: str | None = CONVERSATION
) -> Rejected:
    return Rejected(
        record(offset),
        "parse",
        "decode",
        "DecodeError",
        "shop1",
        conversation_id,
        "m-x",
        START_MS + round(at_s * 1000),
    )


@dataclass
class Story:
    """Applies records to one conversation, in order, and keeps what came of them."""

    router: Router = field(default_factory=router)
    state: Conversation | None = None
    events: list[NamedEvent] = field(default_factory=list)
    decisions: list[RoutingDecided] = field(default_factory=list)
    offset: int = 0

    def says(
        self,
        at_s: float,
        anger: float = 0.0,
        text: str = "where is it",
        guard: Guard | None = None,
        **more: object,
    ) -> Routed:
        self.offset += 1
        said = understood(self.offset, at_s, anger, text=text, **more)  # type: ignore[arg-type]
        return self._keep(self.router.decide(said, self.state, START_MS, guard))

    def other(self, at_s: float, role: str, text: str = "one moment") -> Routed:
        self.offset += 1
        spoken = turn(self.offset, at_s, text, role)
        return self._keep(self.router.observe(spoken, self.state, START_MS))

    def hears(self, at_s: float, event: Feedback) -> Routed:
        self.offset += 1
        return self._keep(
            self.router.feedback(feedback(self.offset, at_s, event), self.state, START_MS)
        )

    def waits(self, until_s: float) -> Routed:
        assert self.state is not None
        until_ms = START_MS + round(until_s * 1000)
        return self._keep(self.router.fire_due(KEY, self.state, until_ms))

    def names(self, kind: str = "") -> list[str]:
        """What became of escalations, of one kind or of all."""
        return [
            name.removeprefix("escalation.")
            for name, event in self.events
            if kind in ("", event.kind)
        ]

    def _keep(self, routed: Routed) -> Routed:
        self.state = routed.state
        self.events.extend(routed.escalations)
        if routed.decision is not None:
            self.decisions.append(routed.decision)
        return routed
