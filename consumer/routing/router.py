"""Routing's front door: a record and the state before it -> decision, escalations, state after.

Pure: the same record and state give the same result, but for `decided_at` and `latency_ms`. A
record at or below the last offset applied changes nothing; the decision on such a customer turn is
made again from the state as it stands. A conversation's timers due by a record's event time fire
before it. Each fired timer and each applied record raises `seq` by one, so it makes no difference
whether timers were fired alone or on the way.
"""

from msgspec import Struct
from msgspec.structs import replace

from consumer.contract.decision import LanguageGuess, ModelRef, RoutingDecided
from consumer.contract.identity import conversation_key
from consumer.contract.message import (
    DEFAULT_TENANT,
    ConversationClosed,
    DecisionOverridden,
    EscalationAcknowledged,
    EscalationJudged,
    Feedback,
    MessageReceived,
)
from consumer.records import FeedbackTurn, Prediction, Rejected, Turn, Understood
from consumer.routing import escalation
from consumer.routing.conversation import (
    NEW_CONVERSATION,
    STATE_VERSION,
    Conversation,
    next_due_ms,
)
from consumer.routing.customer_turn import CustomerTurns
from consumer.routing.decisions import DecisionWriter
from consumer.routing.escalation import Step
from consumer.routing.escalation_events import NamedEvent, events_of, summarised
from consumer.routing.features import Features
from consumer.routing.prior_state import unchanged_escalations
from consumer.routing.readings import UNREAD_CATEGORY, UNREAD_INTENT, UNUSABLE
from consumer.routing.rules import Ruleset

AGENT = "agent"
RIGHT = "right"
UNUSABLE_RECORD = "unusable_record"
_UNKNOWN_LANGUAGE = LanguageGuess("und", 0.0)
_NO_PREDICTION = Prediction({}, {}, {}, 0.0, ())


class Routed(Struct, frozen=True, gc=False):
    """What one record or timer run came to: escalations are (event type, event), in order."""

    decision: RoutingDecided | None
    escalations: tuple[NamedEvent, ...]
    state: Conversation


class Router:
    """Applies one ruleset. Holds no state of conversations: safe to swap between two records."""

    __slots__ = ("_customers", "_policies", "_ruleset", "_writer")

    def __init__(
        self,
        ruleset: Ruleset,
        models: tuple[ModelRef, ...],
        source: str,
        mode: str = "active",
    ) -> None:
        self._ruleset = ruleset
        self._policies = ruleset.policies
        self._customers = CustomerTurns(ruleset)
        self._writer = DecisionWriter(ruleset, models, source, mode)

    def decide(self, understood: Understood, prior: Conversation | None, now_ms: int) -> Routed:
        """A customer turn: one decision, the change of state, and what it did to escalations."""
        turn = understood.turn
        before = NEW_CONVERSATION if prior is None else prior
        if turn.record.offset <= before.messages_offset:
            return self._decide_again(understood, before, now_ms)
        events: tuple[NamedEvent, ...] = ()
        if before.open:
            before, events = self._fire(turn.key, before, turn.event_ms)
        decision_id = self._writer.identity(turn)
        reading = self._customers.read(understood, before.subject)
        after, changes = self._customers.apply(understood, reading, before, decision_id)
        if changes:
            events += events_of(changes, turn.key, after.series)
        features = self._writer.features(understood, reading, after)
        told = (decision_id, summarised(changes) if changes else ())
        decision = self._writer.write(understood, features, before, told, now_ms)
        return Routed(decision, events, after)

    def features(self, understood: Understood, prior: Conversation | None) -> Features:
        """What the rules see of a customer turn that has not been applied."""
        turn = understood.turn
        before = NEW_CONVERSATION if prior is None else prior
        reading = self._customers.read(understood, before.subject)
        decision_id = self._writer.identity(turn)
        after, _ = self._customers.apply(understood, reading, before, decision_id)
        return self._writer.features(understood, reading, after)

    def degrade(self, rejected: Rejected, prior: Conversation | None, now_ms: int) -> Routed:
        """An unusable record of the input: a decision on nothing but the state.

        It is no turn that anybody could read, so only `seq`, offset and clock move. Not for
        feedback: an unusable feedback record has no decision.

        Raises:
            ValueError: its conversation cannot be told; there is nothing to decide on.
        """
        understood = _without_content(rejected)
        turn = understood.turn
        before = NEW_CONVERSATION if prior is None else prior
        after = before
        events: tuple[NamedEvent, ...] = ()
        if turn.record.offset > before.messages_offset:
            before, events = self._fire(turn.key, before, turn.event_ms)
            after = _moved(before, turn.event_ms, messages_offset=turn.record.offset)
        features = self._writer.features(understood, UNUSABLE, after)
        told = (self._writer.identity(turn), unchanged_escalations(after))
        decision = self._writer.write(understood, features, before, told, now_ms)
        shown = replace(decision, category=UNREAD_CATEGORY, intent=UNREAD_INTENT)
        return Routed(shown, events, after)

    def observe(self, turn: Turn, prior: Conversation | None, now_ms: int) -> Routed:
        """An agent's, bot's or system's turn: a change of state, no decision."""
        del now_ms  # nothing here carries a processing time
        before = NEW_CONVERSATION if prior is None else prior
        if turn.record.offset <= before.messages_offset:
            return Routed(None, (), before)
        before, events = self._fire(turn.key, before, turn.event_ms)
        after = _moved(
            before, turn.event_ms, messages_offset=turn.record.offset, turns=before.turns + 1
        )
        if turn.message.sender.role != AGENT or not after.open:
            return Routed(None, events, after)
        step = escalation.agent_turn(after.open, after.cooling, self._policies, after.last_event_ms)
        return _stepped(after, step, turn.key, events)

    def feedback(self, turn: FeedbackTurn, prior: Conversation | None, now_ms: int) -> Routed:
        """What a person said of a decision, an escalation or the conversation."""
        del now_ms  # nothing here carries a processing time
        before = NEW_CONVERSATION if prior is None else prior
        if turn.record.offset <= before.feedback_offset:
            return Routed(None, (), before)
        before, events = self._fire(turn.key, before, turn.event_ms)
        after = _moved(before, turn.event_ms, feedback_offset=turn.record.offset)
        if isinstance(turn.event, DecisionOverridden) and turn.event.intent:
            after = replace(after, subject=turn.event.intent)
        told = _stepped(after, self._heard(turn.event, after), turn.key, events)
        if isinstance(turn.event, ConversationClosed):
            return replace(told, state=_fresh(told.state))
        return told

    def fire_due(self, key: str, prior: Conversation, at_ms: int) -> Routed:
        """Every timer of this conversation due at or before `at_ms`, dated when it was due."""
        state, events = self._fire(key, prior, at_ms)
        return Routed(None, events, state)

    def _decide_again(self, understood: Understood, state: Conversation, now_ms: int) -> Routed:
        reading = self._customers.read(understood, state.subject)
        features = self._writer.features(understood, reading, state)
        told = (self._writer.identity(understood.turn), unchanged_escalations(state))
        decision = self._writer.write(understood, features, state, told, now_ms)
        return Routed(decision, (), state)

    def _heard(self, event: Feedback, state: Conversation) -> Step:
        at_ms = state.last_event_ms
        if isinstance(event, ConversationClosed):
            return escalation.closed(state.open, at_ms)
        if isinstance(event, EscalationJudged) and event.verdict != RIGHT:
            return escalation.judged_wrong(
                state.open, state.cooling, self._policies, event.escalation_id, at_ms
            )
        if isinstance(event, EscalationAcknowledged | EscalationJudged):
            return escalation.acknowledged(state.open, state.cooling, event.escalation_id, at_ms)
        return Step(state.open, state.cooling, ())

    def _fire(
        self, key: str, state: Conversation, until_ms: int
    ) -> tuple[Conversation, tuple[NamedEvent, ...]]:
        due_ms = next_due_ms(state)
        if due_ms is None or due_ms > until_ms:
            return state, ()
        step = escalation.fire(state.open, state.cooling, self._policies, until_ms)
        fired = replace(
            state,
            seq=state.seq + len(step.changes),
            last_event_ms=max(state.last_event_ms, step.changes[-1].at_ms),
            open=step.open,
            cooling=step.cooling,
        )
        return fired, events_of(step.changes, key, state.series)


def _moved(
    state: Conversation,
    event_ms: int,
    messages_offset: int | None = None,
    feedback_offset: int | None = None,
    turns: int | None = None,
) -> Conversation:
    """The state with one more record applied that says nothing of the mood."""
    return replace(
        state,
        seq=state.seq + 1,
        messages_offset=state.messages_offset if messages_offset is None else messages_offset,
        feedback_offset=state.feedback_offset if feedback_offset is None else feedback_offset,
        last_event_ms=max(state.last_event_ms, event_ms),
        turns=state.turns if turns is None else turns,
    )


def _stepped(state: Conversation, step: Step, key: str, events: tuple[NamedEvent, ...]) -> Routed:
    after = replace(state, open=step.open, cooling=step.cooling)
    return Routed(None, events + events_of(step.changes, key, state.series), after)


def _fresh(state: Conversation) -> Conversation:
    """A closed conversation forgets all but what guards order and identity."""
    return Conversation(
        STATE_VERSION,
        state.seq,
        state.messages_offset,
        state.feedback_offset,
        state.last_event_ms,
    )


def _without_content(rejected: Rejected) -> Understood:
    if rejected.conversation_id is None:
        message = "a record without a conversation has no decision"
        raise ValueError(message)
    tenant_id = rejected.tenant_id or DEFAULT_TENANT
    message_received = MessageReceived(
        rejected.message_id or "", rejected.conversation_id, "", "", tenant_id
    )
    key = conversation_key(tenant_id, rejected.conversation_id)
    event_ms = rejected.event_ms or rejected.record.timestamp_ms
    turn = Turn(rejected.record, message_received, key, event_ms)
    return Understood(turn, _NO_PREDICTION, (), _UNKNOWN_LANGUAGE, (UNUSABLE_RECORD,))
