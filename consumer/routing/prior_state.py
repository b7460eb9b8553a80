"""What a decision tells of the state before it, and the way back: enough to decide again.

Of a conversation's state, mood, rules and escalation read exactly what `Prior` holds; a timer that
has fired before the turn is part of it.
"""

from consumer.contract.clock import parse_ms
from consumer.contract.decision import (
    EscalationChange,
    OpenEscalation,
    Prior,
    ReasonText,
    RoutingDecided,
    Target,
)
from consumer.contract.escalation import EscalationCustomer, Recommended, Trigger
from consumer.routing.conversation import (
    NEW_CONVERSATION,
    NO_TIMER,
    STATE_VERSION,
    Conversation,
    CoolDown,
    OpenRecord,
)
from consumer.routing.rate_guard import HeldBack
from consumer.routing.timestamps import stamp

# A timer that is never due, for those due before the turn have fired: the last time that can be
# written, the end of the year 9999.
_FAR_MS = 253_402_300_799_999
_NOT_KEPT_TRIGGER = Trigger("", 0.0, 0.0, 0.0, 0)
_NOT_KEPT_TEXT = ReasonText("", "")
_NO_ADVICE = Recommended("route", Target("queue", ""), "neutral", False)
_NOBODY = EscalationCustomer(None, "standard")
_NOTHING_BEFORE = Prior(0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0, 0, None, (), {}, 0, {}, None, 0, 0.0, ())


def prior_of(state: Conversation, held_back: tuple[str, ...]) -> Prior:
    """The state before a turn, as its decision carries it."""
    if state is NEW_CONVERSATION and not held_back:
        return _NOTHING_BEFORE
    last, moved = state.last_event_ms, state.mood_ms
    last_event_at = stamp(last) if last else None
    mood_at = last_event_at if moved == last else stamp(moved) if moved else None
    return Prior(
        state.seq,
        state.turns,
        state.customer_turns,
        state.mood,
        state.mood_begin,
        state.anger,
        state.anger_peak,
        state.negative_streak,
        state.angry_turns,
        last_event_at,
        tuple(map(_open_escalation, state.open)) if state.open else (),
        _cooling(state) if state.cooling else {},
        state.unresolved_turns,
        state.topic,
        mood_at,
        state.since_angry,
        state.bot_repeat,
        held_back,
    )


def unchanged_escalations(state: Conversation) -> tuple[EscalationChange, ...]:
    """Every open escalation, as a decision carries one that did not change."""
    return tuple(
        EscalationChange(record.escalation_id, record.kind, "none") for record in state.open
    )


def state_before(decision: RoutingDecided) -> Conversation:
    """A state from which the same turn yields the same decision (not the same events).

    A decision that was made again, after its offset had been applied, shows no new turn; its state
    has the offset applied.
    """
    prior, source = decision.prior, decision.source
    is_again = decision.conversation.turns == prior.turns
    return Conversation(
        STATE_VERSION,
        prior.state_seq,
        source.offset if is_again else source.offset - 1,
        -1,
        parse_ms(prior.last_event_at) if prior.last_event_at else 0,
        prior.turns,
        prior.customer_turns,
        prior.mood,
        prior.mood_begin,
        prior.anger,
        prior.anger_peak,
        prior.negative_streak,
        prior.angry_turns,
        prior.unresolved_turns,
        prior.since_angry,
        parse_ms(prior.mood_at) if prior.mood_at else 0,
        prior.topic,
        tuple(map(_record, prior.open_escalations)),
        tuple(CoolDown(kind, parse_ms(ends)) for kind, ends in prior.cooling_down.items()),
        (),
        0,
        prior.bot_repeat,
    )


def guard_before(decision: RoutingDecided) -> HeldBack:
    """A rate guard that answers as the partition's did."""
    return HeldBack(decision.prior.held_back)


def _cooling(state: Conversation) -> dict[str, str]:
    return {
        held.kind: stamp(held.ends_ms)
        for held in state.cooling
        if held.ends_ms > state.last_event_ms
    }


def _open_escalation(record: OpenRecord) -> OpenEscalation:
    return OpenEscalation(
        record.escalation_id,
        record.kind,
        record.severity,
        record.state,
        record.calm_turns,
        record.answered,
        stamp(record.hot_ms),
    )


def _record(found: OpenEscalation) -> OpenRecord:
    return OpenRecord(
        escalation_id=found.escalation_id,
        kind=found.kind,
        seq=1,
        state=found.state,
        severity=found.severity,
        opened_ms=0,
        ack_due_ms=_FAR_MS,
        remind_ms=NO_TIMER,
        reminders_left=0,
        expires_ms=_FAR_MS,
        hot_ms=parse_ms(found.hot_at),
        calm_due_ms=NO_TIMER,
        calm_turns=found.calm_turns,
        person=False,
        answered=found.answered,
        score=0.0,
        peak=0.0,
        suppressed=0,
        message_id="",
        decision_id="",
        trigger=_NOT_KEPT_TRIGGER,
        category="",
        intent="",
        entities=(),
        customer=_NOBODY,
        recommended=_NO_ADVICE,
        summary=_NOT_KEPT_TEXT,
    )
