"""The state machine of escalations: what opens, changes and ends them. Writes no events.

A kind is closed, open or acknowledged; at most one is open for each conversation and kind.

- It opens on the enter score held for n customer turns in a row, or on the fast score at once,
  unless the kind is cooling down: then the attempt is counted (`suppressed`).
- While it is open, a turn that would open it again raises the severity (`updated`) or is counted.
- Calm turns in a row below the exit score, with the smoothed score below it too, resolve it: as
  `human_took_over` if an agent has written since it opened, else as `de_escalated`.
- An agent's turn acknowledges it (`updated`) and resolves a `human_request` (`human_took_over`).
- Feedback: acknowledged or judged right acknowledges; judged wrong resolves as `manual`; a closed
  conversation resolves everything (`conversation_closed`) and starts no cool-down.
- Timers: reminders (`updated`) until somebody acknowledges, and `expired` after a time without a
  customer's or an agent's turn. Both are dated when they were due.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from consumer.routing.conversation import (
    NO_TIMER,
    STATE_ACKNOWLEDGED,
    STATE_OPEN,
    CoolDown,
    OpenRecord,
    due_ms,
)
from consumer.routing.cool_down import cool, cool_down_of, suppress, without
from consumer.routing.escalation_opening import Scene, Signal, open_record, summary_of
from consumer.routing.escalation_policy import HUMAN_REQUEST, Policy

OPENED = "opened"
UPDATED = "updated"
RESOLVED = "resolved"
NONE = "none"

DE_ESCALATED = "de_escalated"
HUMAN_TOOK_OVER = "human_took_over"
CONVERSATION_CLOSED = "conversation_closed"
EXPIRED = "expired"
MANUAL = "manual"

Policies = Mapping[str, Policy]


class Change(Struct, frozen=True):
    """What happened to one escalation; `record` is the one after."""

    record: OpenRecord
    name: str
    at_ms: int
    resolution: str = ""


class Step(Struct, frozen=True):
    """The escalations after a turn, a feedback event or a timer; changes in their order."""

    open: tuple[OpenRecord, ...]
    cooling: tuple[CoolDown, ...]
    changes: tuple[Change, ...]


def customer_turn(
    records: tuple[OpenRecord, ...],
    cooling: tuple[CoolDown, ...],
    signals: Iterable[Signal],
    scene: Scene,
) -> Step:
    """One readable customer turn. `signals` holds one for each policy, in their order."""
    waiting = {signal.policy.kind: signal for signal in signals}
    changes: list[Change] = []
    for record in records:
        signal = waiting.pop(record.kind, None)
        if signal is None:  # its policy has left the rules: only feedback or a timer can end it
            changes.append(Change(record, NONE, scene.at_ms))
            continue
        change = _continue(record, signal, scene)
        changes.append(change)
        if change.name == RESOLVED:
            cooling = cool(cooling, record.kind, scene.at_ms, signal.policy)
    for signal in waiting.values():
        if not signal.policy.enters(signal.score, signal.turns):
            continue
        held = cool_down_of(cooling, signal.policy.kind)
        if held is not None and scene.at_ms < held.ends_ms:
            cooling = suppress(cooling, held)
            continue
        cooling = without(cooling, signal.policy.kind)
        opened = open_record(signal, scene, held.suppressed if held else 0)
        changes.append(Change(opened, OPENED, scene.at_ms))
    return Step(_still_open(changes), cooling, tuple(changes))


def unread_turn(
    records: tuple[OpenRecord, ...],
    cooling: tuple[CoolDown, ...],
    policies: Policies,
    at_ms: int,
) -> Step:
    """A customer turn whose mood cannot be read: it only shows that somebody is there."""
    changes = tuple(Change(_alive(record, policies, at_ms), NONE, at_ms) for record in records)
    return Step(_still_open(changes), cooling, changes)


def agent_turn(
    records: tuple[OpenRecord, ...],
    cooling: tuple[CoolDown, ...],
    policies: Policies,
    at_ms: int,
) -> Step:
    """A person of the service wrote."""
    changes: list[Change] = []
    for record in records:
        if record.kind == HUMAN_REQUEST:
            changes.append(_resolve(record, HUMAN_TOOK_OVER, at_ms))
            cooling = cool(cooling, record.kind, at_ms, policies.get(record.kind))
            continue
        present = replace(_alive(record, policies, at_ms), person=True)
        changes.append(_acknowledge(present, at_ms))
    return Step(_still_open(changes), cooling, tuple(changes))


def acknowledged(
    records: tuple[OpenRecord, ...], cooling: tuple[CoolDown, ...], escalation: str, at_ms: int
) -> Step:
    """A person has seen one escalation."""
    changes = tuple(
        _acknowledge(record, at_ms)
        if record.escalation_id == escalation
        else Change(record, NONE, at_ms)
        for record in records
    )
    return Step(_still_open(changes), cooling, changes)


def judged_wrong(
    records: tuple[OpenRecord, ...],
    cooling: tuple[CoolDown, ...],
    policies: Policies,
    escalation: str,
    at_ms: int,
) -> Step:
    """A person says that one should not have opened: it ends, and its kind cools down."""
    changes: list[Change] = []
    for record in records:
        if record.escalation_id != escalation:
            changes.append(Change(record, NONE, at_ms))
            continue
        changes.append(_resolve(record, MANUAL, at_ms))
        cooling = cool(cooling, record.kind, at_ms, policies.get(record.kind))
    return Step(_still_open(changes), cooling, tuple(changes))


def closed(records: tuple[OpenRecord, ...], at_ms: int) -> Step:
    """The conversation is over; a later one under the same id starts without cool-downs."""
    changes = tuple(_resolve(record, CONVERSATION_CLOSED, at_ms) for record in records)
    return Step((), (), changes)


def fire(
    records: tuple[OpenRecord, ...],
    cooling: tuple[CoolDown, ...],
    policies: Policies,
    until_ms: int,
) -> Step:
    """Every timer due at or before `until_ms`, earliest first."""
    pending = list(records)
    changes: list[Change] = []
    while pending:
        index = min(range(len(pending)), key=lambda at: due_ms(pending[at]))
        record = pending[index]
        at_ms = due_ms(record)
        if at_ms > until_ms:
            break
        policy = policies.get(record.kind)
        if at_ms == record.expires_ms:
            changes.append(_resolve(record, EXPIRED, at_ms))
            cooling = cool(cooling, record.kind, at_ms, policy)
            del pending[index]
        else:
            reminded = _remind(record, policy)
            changes.append(Change(reminded, UPDATED, at_ms))
            pending[index] = reminded
    return Step(tuple(pending), cooling, tuple(changes))


def _continue(record: OpenRecord, signal: Signal, scene: Scene) -> Change:
    policy, score = signal.policy, signal.score
    is_calm = policy.exit_turns > 0 and score < policy.exit_below
    entered = score >= policy.enter
    level = policy.severity_of(score, scene.tier) if entered else record.severity
    rises = level > record.severity
    seen = replace(
        record,
        severity=max(level, record.severity),
        calm_turns=record.calm_turns + 1 if is_calm else 0,
        score=score,
        peak=max(score, record.peak),
        suppressed=record.suppressed + (entered and not rises),
        expires_ms=scene.at_ms + policy.expire_ms,
        message_id=scene.message_id,
        decision_id=scene.decision_id,
    )
    if is_calm and seen.calm_turns >= policy.exit_turns and signal.smoothed < policy.exit_below:
        how = HUMAN_TOOK_OVER if record.person else DE_ESCALATED
        return _resolve(seen, how, scene.at_ms)
    if not rises:
        return Change(seen, NONE, scene.at_ms)
    summary = summary_of(signal, scene, seen.severity, seen.peak)
    told = replace(seen, seq=seen.seq + 1, summary=summary)
    return Change(told, UPDATED, scene.at_ms)


def _resolve(record: OpenRecord, how: str, at_ms: int) -> Change:
    return Change(replace(record, seq=record.seq + 1), RESOLVED, at_ms, how)


def _acknowledge(record: OpenRecord, at_ms: int) -> Change:
    if record.state != STATE_OPEN:
        return Change(record, NONE, at_ms)
    seen = replace(record, state=STATE_ACKNOWLEDGED, seq=record.seq + 1, remind_ms=NO_TIMER)
    return Change(seen, UPDATED, at_ms)


def _remind(record: OpenRecord, policy: Policy | None) -> OpenRecord:
    left = record.reminders_left - 1
    again = left > 0 and policy is not None
    due = record.remind_ms + policy.remind_ms if again and policy else NO_TIMER
    return replace(record, seq=record.seq + 1, reminders_left=left, remind_ms=due)


def _alive(record: OpenRecord, policies: Policies, at_ms: int) -> OpenRecord:
    policy = policies.get(record.kind)
    return record if policy is None else replace(record, expires_ms=at_ms + policy.expire_ms)


def _still_open(changes: Iterable[Change]) -> tuple[OpenRecord, ...]:
    return tuple(change.record for change in changes if change.name != RESOLVED)
