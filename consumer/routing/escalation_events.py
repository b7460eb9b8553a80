"""Writes changes of escalations as events of the contract. Decides nothing."""

from typing import TypedDict

from consumer.contract.catalogue import (
    ESCALATION_OPENED,
    ESCALATION_RESOLVED,
    ESCALATION_UPDATED,
)
from consumer.contract.decision import Entity, EscalationChange, ReasonText
from consumer.contract.escalation import (
    EscalationCustomer,
    EscalationEvent,
    EscalationOpened,
    EscalationResolved,
    EscalationUpdated,
    Recommended,
    SeriesPoint,
    Trigger,
)
from consumer.routing.conversation import Point
from consumer.routing.escalation import NONE, OPENED, RESOLVED, Change
from consumer.routing.timestamps import MS_PER_S, stamp

NamedEvent = tuple[str, EscalationEvent]


def events_of(
    changes: tuple[Change, ...], key: str, series: tuple[Point, ...]
) -> tuple[NamedEvent, ...]:
    """The events of these changes, in order. `key` is `tenant:conversation`."""
    return tuple(_event(change, key, series) for change in changes if change.name != NONE)


def summarised(changes: tuple[Change, ...]) -> tuple[EscalationChange, ...]:
    """The same changes as a decision carries them."""
    return tuple(
        EscalationChange(change.record.escalation_id, change.record.kind, change.name)
        for change in changes
    )


class _Common(TypedDict):
    escalation_id: str
    dedup_key: str
    seq: int
    kind: str
    state: str
    severity: int
    tenant_id: str
    conversation_id: str
    message_id: str
    decision_id: str
    opened_at: str
    updated_at: str
    ack_due_at: str
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


def _event(change: Change, key: str, series: tuple[Point, ...]) -> NamedEvent:
    common = _common(change, key, series)
    if change.name == OPENED:
        return ESCALATION_OPENED.name, EscalationOpened(**common)
    if change.name != RESOLVED:
        return ESCALATION_UPDATED.name, EscalationUpdated(**common)
    record = change.record
    return ESCALATION_RESOLVED.name, EscalationResolved(
        **common,
        resolved_at=stamp(change.at_ms),
        duration_s=(change.at_ms - record.opened_ms) / MS_PER_S,
        resolution=change.resolution,
        final_score=record.score,
        calm_turns=record.calm_turns,
    )


def _common(change: Change, key: str, series: tuple[Point, ...]) -> _Common:
    record = change.record
    tenant_id, _, conversation_id = key.partition(":")
    return _Common(
        escalation_id=record.escalation_id,
        dedup_key=f"{key}:{record.kind}",
        seq=record.seq,
        kind=record.kind,
        state=RESOLVED if change.name == RESOLVED else record.state,
        severity=record.severity,
        tenant_id=tenant_id,
        conversation_id=conversation_id,
        message_id=record.message_id,
        decision_id=record.decision_id,
        opened_at=stamp(record.opened_ms),
        updated_at=stamp(change.at_ms),
        ack_due_at=stamp(record.ack_due_ms),
        trigger=record.trigger,
        series=_series(series),
        peak_score=record.peak,
        suppressed_count=record.suppressed,
        category=record.category,
        intent=record.intent,
        entities=record.entities,
        customer=record.customer,
        recommended=record.recommended,
        summary=record.summary,
    )


def _series(points: tuple[Point, ...]) -> tuple[SeriesPoint, ...]:
    return tuple(
        SeriesPoint(point.message_id, stamp(point.at_ms), point.sentiment, point.anger)
        for point in points
    )
