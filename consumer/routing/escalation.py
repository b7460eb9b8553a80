"""The state machine of escalations: what opens, changes and ends them. Writes no events.

A kind is closed, open or acknowledged; at most one is open for each conversation and kind.

- It opens on the enter score held for n customer turns in a row, or on the fast score at once,
  unless the kind is cooling down or the partition's rate guard is shut: then the attempt is
  counted (`suppressed`). A kind that yields to an open one waits without being counted.
- While it is open, a turn that would open it again raises the severity (`updated`) or is counted.
  The first such turn after an agent's raises it by one at least: the anger is renewed.
- Calm turns in a row below the exit score, with the smoothed score below it too, resolve it: as
  `human_took_over` if an agent has written since it opened, else as `de_escalated`; but not before
  `hold` has passed since the last turn at or over the enter score: then a timer ends it.
- An agent's turn acknowledges it (`updated`) and resolves what only lacked a person
  (`human_took_over`): `human_request`, `bot_loop`, `sla_breach`.
- Feedback: acknowledged or judged right acknowledges; judged wrong resolves as `manual`; a closed
  conversation resolves everything (`conversation_closed`) and starts no cool-down.
- Timers: reminders (`updated`) until somebody acknowledges; the calm end after a hold; `expired`
  after a time without a customer's or an agent's turn; and `sla_breach` opens where a customer has
  waited too long for a person. All are dated when they were due.
"""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from consumer.routing.conversation import (
    NO_TIMER,
    STATE_ACKNOWLEDGED,
    STATE_OPEN,
    CoolDown,
    OpenRecord,
    Waiting,
    due_ms,
)
from consumer.routing.cool_down import cool, cool_down_of, held_until, suppress, without
from consumer.routing.escalation_opening import (
    Scene,
    Signal,
    open_record,
    severity_on_opening,
    summary_of,
)
from consumer.routing.escalation_policy import ENDED_BY_PERSON, MAX_SEVERITY, Policy
from consumer.routing.rate_guard import Guard

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
    """The escalations after a turn, a feedback event or a timer; changes in their order.

    `held_back` are the kinds that the rate guard kept from opening.
    """

    open: tuple[OpenRecord, ...]
    cooling: tuple[CoolDown, ...]
    changes: tuple[Change, ...]
    held_back: tuple[str, ...] = ()


def customer_turn(
    records: tuple[OpenRecord, ...],
    cooling: tuple[CoolDown, ...],
    signals: Iterable[Signal],
    scene: Scene,
    guard: Guard,
) -> Step:
    """One readable customer turn. `signals` holds one for each open kind and each that may open."""
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
    kinds = {change.record.kind for change in changes if change.name != RESOLVED}
    held_back: tuple[str, ...] = ()
    for kind, signal in waiting.items():
        policy = signal.policy
        if not policy.enters(signal.score, signal.turns) or not kinds.isdisjoint(policy.yields_to):
            continue
        opened, cooling = _try_to_open(signal, scene, cooling, guard)
        if opened is not None:
            kinds.add(kind)
            changes.append(Change(opened, OPENED, scene.at_ms))
        elif held_until(cooling, kind) <= scene.at_ms:
            held_back = (*held_back, kind)
    return Step(_still_open(changes), cooling, tuple(changes), held_back)


def _try_to_open(
    signal: Signal, scene: Scene, cooling: tuple[CoolDown, ...], guard: Guard
) -> tuple[OpenRecord | None, tuple[CoolDown, ...]]:
    """The new escalation, or None and the attempt counted with the cool-downs."""
    kind, at_ms = signal.policy.kind, scene.at_ms
    held = cool_down_of(cooling, kind)
    if held is not None and at_ms < held.ends_ms:
        return None, suppress(cooling, held)
    if not guard.admits(signal.policy, severity_on_opening(signal, scene), at_ms):
        return None, suppress(cooling, held or CoolDown(kind, at_ms))
    opened = open_record(signal, scene, held.suppressed if held else 0)
    return opened, without(cooling, kind)


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
        if record.kind in ENDED_BY_PERSON:
            changes.append(_resolve(record, HUMAN_TOOK_OVER, at_ms))
            cooling = cool(cooling, record.kind, at_ms, policies.get(record.kind))
            continue
        present = replace(_alive(record, policies, at_ms), person=True, answered=True)
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


class Fired(Struct, frozen=True):
    """What came of the timers that were due, earliest first: how many, and when the last was."""

    open: tuple[OpenRecord, ...]
    cooling: tuple[CoolDown, ...]
    waiting: Waiting | None
    changes: tuple[Change, ...]
    count: int
    last_ms: int


def fire(
    records: tuple[OpenRecord, ...],
    cooling: tuple[CoolDown, ...],
    waiting: Waiting | None,
    policies: Policies,
    until_ms: int,
    breach: Callable[[Waiting], tuple[Signal, Scene] | None],
    guard: Guard,
) -> Fired:
    """Every timer due at or before `until_ms`. `breach` makes of an overdue wait what opens."""
    pending = list(records)
    changes: list[Change] = []
    count = last_ms = 0
    while pending or waiting is not None:
        index = min(range(len(pending)), key=lambda at: due_ms(pending[at]), default=-1)
        at_ms = due_ms(pending[index]) if pending else until_ms + 1
        if waiting is not None and waiting.due_ms <= min(at_ms, until_ms):
            last_ms, found, waiting = waiting.due_ms, breach(waiting), None
            count += 1
            kinds = {record.kind for record in pending}
            if found is not None and kinds.isdisjoint(found[0].policy.yields_to):
                opened, cooling = _try_to_open(*found, cooling, guard)
                if opened is not None:
                    pending.append(opened)
                    changes.append(Change(opened, OPENED, last_ms))
            continue
        if at_ms > until_ms:
            break
        count, last_ms = count + 1, at_ms
        change = _due(pending[index], policies, at_ms)
        changes.append(change)
        if change.name == RESOLVED:
            kind = change.record.kind
            cooling = cool(cooling, kind, at_ms, policies.get(kind))
            del pending[index]
        else:
            pending[index] = change.record
    return Fired(tuple(pending), cooling, waiting, tuple(changes), count, last_ms)


def _due(record: OpenRecord, policies: Policies, at_ms: int) -> Change:
    """What an escalation's next timer does to it."""
    if at_ms == record.calm_due_ms:
        return _resolve(record, _calm_end(record), at_ms)
    if at_ms == record.expires_ms:
        return _resolve(record, EXPIRED, at_ms)
    return Change(_remind(record, policies.get(record.kind)), UPDATED, at_ms)


def _continue(record: OpenRecord, signal: Signal, scene: Scene) -> Change:
    policy, score, at_ms = signal.policy, signal.score, scene.at_ms
    entered = score >= policy.enter
    severity = _severity(record, signal, scene) if entered else record.severity
    rises = severity > record.severity
    is_calm = policy.exit_turns > 0 and score < policy.exit_below
    calm_turns = record.calm_turns + 1 if is_calm else 0
    hot_ms = at_ms if entered else record.hot_ms
    is_over = is_calm and calm_turns >= policy.exit_turns and signal.smoothed < policy.exit_below
    seen = replace(
        record,
        severity=severity,
        hot_ms=hot_ms,
        calm_due_ms=hot_ms + policy.hold_ms if is_over else NO_TIMER,
        calm_turns=calm_turns,
        answered=record.answered and not entered,
        score=score,
        peak=max(score, record.peak),
        suppressed=record.suppressed + (entered and not rises),
        expires_ms=at_ms + policy.expire_ms,
        message_id=scene.message_id,
        decision_id=scene.decision_id,
    )
    if is_over and at_ms >= seen.calm_due_ms:
        return _resolve(seen, _calm_end(seen), at_ms)
    if not rises:
        return Change(seen, NONE, at_ms)
    summary = summary_of(signal, scene, seen.severity, seen.peak)
    told = replace(seen, seq=seen.seq + 1, summary=summary)
    return Change(told, UPDATED, at_ms)


def _severity(record: OpenRecord, signal: Signal, scene: Scene) -> int:
    """That of the score, never less than before; one more where an agent has answered already."""
    level = signal.policy.severity_of(signal.score, scene.tier)
    renewed = min(record.severity + record.answered, MAX_SEVERITY)
    return max(level, renewed)


def _calm_end(record: OpenRecord) -> str:
    return HUMAN_TOOK_OVER if record.person else DE_ESCALATED


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
