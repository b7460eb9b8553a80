"""What the router says of one customer turn: `routing.decided`. Wire types only.

They are trees of immutable values, so no cycle can pass through them: `gc=False` keeps them out of
the garbage collector's lists.
"""

from msgspec import Struct

from consumer.contract.known_values import (
    Action,
    AngerLevel,
    Category,
    DegradedReason,
    EntitySource,
    EscalationChangeName,
    EscalationKind,
    IntentFrom,
    IntentStatus,
    Mode,
    SentimentLabel,
    TargetType,
)
from consumer.contract.message import Timestamp


class LanguageGuess(Struct, frozen=True, gc=False):
    """Language of the message; `und` where it cannot be told."""

    code: str
    confidence: float


class CategoryGuess(Struct, frozen=True, gc=False):
    """What the message does. `scores` sums to 1."""

    label: Category
    confidence: float
    scores: dict[str, float]


class IntentCandidate(Struct, frozen=True, gc=False):
    """One possible subject."""

    name: str
    confidence: float


class IntentGuess(Struct, frozen=True, gc=False, rename={"origin": "from"}):
    """The subject. `margin` is the lead over the second candidate; `origin` travels as `from`."""

    name: str
    confidence: float
    margin: float
    candidates: tuple[IntentCandidate, ...]
    status: IntentStatus
    origin: IntentFrom = "message"


class Entity(Struct, frozen=True, gc=False):
    """A thing named in the text. Offsets are Unicode code points of the input text, end exclusive.

    Personal values (phone, e-mail, address, card, id number) are masked.
    """

    type: str
    value: str
    normalized: str
    start: int
    end: int
    confidence: float
    source: EntitySource


class SentimentGuess(Struct, frozen=True, gc=False):
    """Sentiment of this message; `score` runs from -1 (negative) to 1 (positive)."""

    label: SentimentLabel
    score: float
    confidence: float


class AngerGuess(Struct, frozen=True, gc=False):
    """Anger of this message: the expected level 0..3 divided by 3."""

    score: float
    level: AngerLevel


class Mood(Struct, frozen=True, gc=False):
    """The conversation after this message. `mood` is the weighted sentiment, -1..1.

    `unresolved_turns` counts customer turns since they thanked or changed the subject.
    """

    turns: int
    customer_turns: int
    mood: float
    mood_begin: float
    trend: float
    negative_streak: int
    anger_peak: float
    repeat_contact: bool
    unresolved_turns: int


class OpenEscalation(Struct, frozen=True, gc=False):
    """An escalation as the decision found it, before this message.

    `answered`: an agent has written since the last turn at or over the enter score, `hot_at`.
    """

    escalation_id: str
    kind: EscalationKind
    severity: int
    state: str
    calm_turns: int
    answered: bool
    hot_at: Timestamp


class Prior(Struct, frozen=True, gc=False):
    """All that mood, rules and escalation read of the state before: enough to decide again.

    `topic` holds decayed intent probabilities, the likeliest first; `mood_at` is when mood last
    moved; `since_angry` counts customer turns since the last angry one; `bot_repeat` says how alike
    two of the last three bot replies are, 0..1; `held_back` are the kinds that the partition's rate
    guard kept from opening at this message.
    """

    state_seq: int
    turns: int
    customer_turns: int
    mood: float
    mood_begin: float
    anger: float
    anger_peak: float
    negative_streak: int
    angry_turns: int
    last_event_at: Timestamp | None
    open_escalations: tuple[OpenEscalation, ...]
    cooling_down: dict[str, Timestamp]
    unresolved_turns: int
    topic: dict[str, float]
    mood_at: Timestamp | None
    since_angry: int
    bot_repeat: float
    held_back: tuple[EscalationKind, ...]


class Target(Struct, frozen=True, gc=False):
    """Where the conversation goes."""

    type: TargetType
    id: str
    skills: tuple[str, ...] = ()


class Fallback(Struct, frozen=True, gc=False):
    """Where it goes if nobody took it after `after_s` seconds."""

    after_s: int
    target: Target
    drop_skills: tuple[str, ...] = ()
    priority_delta: int = 0


class Sla(Struct, frozen=True, gc=False):
    """By when somebody must answer."""

    policy: str
    first_response_due_at: Timestamp
    resolution_due_at: Timestamp


class BusinessHours(Struct, frozen=True, gc=False):
    """Whether the queue's calendar is open at event time."""

    calendar: str
    open: bool


class ReasonText(Struct, frozen=True, gc=False):
    """One sentence for people, in both languages."""

    en: str
    zh: str


class Evidence(Struct, frozen=True, gc=False):
    """One condition that held: the feature, its value and the bound it met."""

    feature: str
    op: str
    value: str | float | bool
    threshold: str | float | bool


class Reason(Struct, frozen=True, gc=False):
    """Which rule decided, and on what."""

    code: str
    rule_id: str
    text: ReasonText
    evidence: tuple[Evidence, ...] = ()


class EscalationChange(Struct, frozen=True, gc=False):
    """What this message did to one escalation of its conversation."""

    escalation_id: str
    kind: EscalationKind
    change: EscalationChangeName


class ModelRef(Struct, frozen=True, gc=False):
    """A model that took part; `sha256` is that of its graph file."""

    task: str
    name: str
    version: str
    sha256: str


class RulesetRef(Struct, frozen=True, gc=False):
    """The rules that decided."""

    name: str
    version: str
    sha256: str


class SourceRef(Struct, frozen=True, gc=False):
    """The input record."""

    topic: str
    partition: int
    offset: int


class RoutingDecided(Struct, frozen=True, gc=False):
    """One decision: exactly one for each customer turn that can be attributed."""

    decision_id: str
    message_id: str
    conversation_id: str
    tenant_id: str
    decided_at: Timestamp
    latency_ms: float
    mode: Mode
    language: LanguageGuess
    category: CategoryGuess
    intent: IntentGuess
    entities: tuple[Entity, ...]
    sentiment: SentimentGuess
    anger: AngerGuess
    conversation: Mood
    prior: Prior
    action: Action
    target: Target
    fallbacks: tuple[Fallback, ...]
    priority: int
    sla: Sla
    business_hours: BusinessHours
    reason: Reason
    escalations: tuple[EscalationChange, ...]
    models: tuple[ModelRef, ...]
    ruleset: RulesetRef
    degraded: bool
    degraded_reasons: tuple[DegradedReason, ...]
    source: SourceRef
