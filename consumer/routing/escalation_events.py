"""Writes changes of escalations as events of the contract. Decides nothing."""

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


# What all three have, in the order of the contract: by keyword the events cost twice as much.
_Identity = tuple[str, str, int, str, str, int, str, str, str, str]
_Times = tuple[str, str, str]
_Story = tuple[
    Trigger,
    tuple[SeriesPoint, ...],
    float,
    int,
    str,
    str,
    tuple[Entity, ...],
    EscalationCustomer,
    Recommended,
    ReasonText,
]
_Common = tuple[*_Identity, *_Times, *_Story]


def _event(change: Change, key: str, series: tuple[Point, ...]) -> NamedEvent:
    common = _common(change, key, series)
    if change.name == OPENED:
        return ESCALATION_OPENED.name, EscalationOpened(*common)
    if change.name != RESOLVED:
        return ESCALATION_UPDATED.name, EscalationUpdated(*common)
    record = change.record
    return ESCALATION_RESOLVED.name, EscalationResolved(
        *common,
        stamp(change.at_ms),
        (change.at_ms - record.opened_ms) / MS_PER_S,
        change.resolution,
        record.score,
        record.calm_turns,
    )


def _common(change: Change, key: str, series: tuple[Point, ...]) -> _Common:
    record = change.record
    tenant_id, _, conversation_id = key.partition(":")
    return (
        record.escalation_id,
        f"{key}:{record.kind}",
        record.seq,
        record.kind,
        RESOLVED if change.name == RESOLVED else record.state,
        record.severity,
        tenant_id,
        conversation_id,
        record.message_id,
        record.decision_id,
        stamp(record.opened_ms),
        stamp(change.at_ms),
        stamp(record.ack_due_ms),
        record.trigger,
        _series(series),
        record.peak,
        record.suppressed,
        record.category,
        record.intent,
        record.entities,
        record.customer,
        record.recommended,
        record.summary,
    )


def _series(points: tuple[Point, ...]) -> tuple[SeriesPoint, ...]:
    return tuple(
        SeriesPoint(point.message_id, stamp(point.at_ms), point.sentiment, point.anger)
        for point in points
    )
