"""The life of an escalation: opened, updated, resolved. Wire types only, trees without cycles."""

from msgspec import Struct

from consumer.contract.decision import Entity, Evidence, ReasonText, Target
from consumer.contract.known_values import Action, EscalationKind, EscalationState, Resolution, Tone
from consumer.contract.message import Timestamp

MAX_SERIES = 10


class Trigger(Struct, frozen=True, gc=False):
    """Why it opened."""

    rule_id: str
    score: float
    enter_threshold: float
    exit_threshold: float
    consecutive_turns: int
    evidence: tuple[Evidence, ...] = ()


class SeriesPoint(Struct, frozen=True, gc=False):
    """One customer turn on the curve."""

    message_id: str
    at: Timestamp
    sentiment: float
    anger: float


class EscalationCustomer(Struct, frozen=True, gc=False):
    """Whom it concerns. The id is opaque."""

    id: str | None
    tier: str


class Recommended(Struct, frozen=True, gc=False):
    """What to do."""

    action: Action
    target: Target
    tone: Tone
    suppress_recommendations: bool


class _Escalation(Struct, frozen=True, gc=False):
    escalation_id: str
    dedup_key: str
    seq: int
    kind: EscalationKind
    state: EscalationState
    severity: int
    tenant_id: str
    conversation_id: str
    message_id: str
    decision_id: str
    opened_at: Timestamp
    updated_at: Timestamp
    ack_due_at: Timestamp
    trigger: Trigger
    series: tuple[SeriesPoint, ...]
    peak_score: float
    suppressed_count: int
    category: str
    intent: str
    entities: tuple[Entity, ...]
    customer: EscalationCustomer
    recommended: Recommended
    summary: ReasonText


class EscalationOpened(_Escalation, frozen=True, gc=False):
    """Somebody should look at this conversation now."""


class EscalationUpdated(_Escalation, frozen=True, gc=False):
    """Severity or state changed, or nobody acknowledged in time."""


class EscalationResolved(_Escalation, frozen=True, gc=False):
    """It is over. Every opened escalation gets exactly one of these."""

    resolved_at: Timestamp
    duration_s: float
    resolution: Resolution
    final_score: float
    calm_turns: int


EscalationEvent = EscalationOpened | EscalationUpdated | EscalationResolved
