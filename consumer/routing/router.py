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
from consumer.routing import escalation, topic
from consumer.routing.bot_replies import after_reply
from consumer.routing.conversation import (
    NEW_CONVERSATION,
    STATE_VERSION,
    Conversation,
    Waiting,
    next_due_ms,
)
from consumer.routing.customer_turn import CustomerTurns
from consumer.routing.decisions import DecisionWriter
from consumer.routing.escalation import Step
from consumer.routing.escalation_events import NamedEvent, events_of, summarised
from consumer.routing.escalation_opening import Scene, Signal
from consumer.routing.escalation_policy import SLA_BREACH
from consumer.routing.features import Features
from consumer.routing.prior_state import unchanged_escalations
from consumer.routing.privacy import masked
from consumer.routing.rate_guard import Guard, RateGuard
from consumer.routing.readings import (
    UNREAD_CATEGORY,
    UNREAD_INTENT,
    unusable,
)
from consumer.routing.rules import Ruleset
from consumer.routing.waiting import may_wait, overdue, waiting_after

AGENT = "agent"
BOT = "bot"
ANSWERING = frozenset((AGENT, BOT))
RIGHT = "right"
UNUSABLE_RECORD = "unusable_record"
MODEL_FAILURE = "model_failure"
# What a model could not be given, or could not answer.
MODEL_REASONS = frozenset(("model_input", "model_output", "crash", "loop"))
_UNKNOWN_LANGUAGE = LanguageGuess("und", 0.0)
_NO_PREDICTION = Prediction({}, {}, {}, 0.0, ())


class Routed(Struct, frozen=True, gc=False):
    """What one record or timer run came to: escalations are (event type, event), in order."""

    decision: RoutingDecided | None
    escalations: tuple[NamedEvent, ...]
    state: Conversation


class Router:
    """Applies one ruleset. Holds no state of conversations: safe to swap between two records.

    The rate guard belongs to the caller, as the conversations do; without one nothing is held back.
    """

    __slots__ = ("_breach_policy", "_customers", "_masks", "_policies", "_ruleset", "_writer")

    def __init__(
        self,
        ruleset: Ruleset,
        models: tuple[ModelRef, ...],
        source: str,
        mode: str = "active",
    ) -> None:
        self._ruleset = ruleset
        self._policies = ruleset.policies
        self._breach_policy = ruleset.policies.get(SLA_BREACH)
        self._masks = ruleset.masks
        self._customers = CustomerTurns(ruleset)
        self._writer = DecisionWriter(ruleset, models, source, mode)

    def decide(
        self,
        understood: Understood,
        prior: Conversation | None,
        now_ms: int,
        guard: Guard | None = None,
    ) -> Routed:
        """A customer turn: one decision, the change of state, and what it did to escalations."""
        if self._masks:
            understood = masked(understood, self._masks)
        turn = understood.turn
        before = NEW_CONVERSATION if prior is None else prior
        if turn.record.offset <= before.messages_offset:
            return self._decide_again(understood, before, now_ms)
        events: tuple[NamedEvent, ...] = ()
        waiting = before.waiting
        if before.open or (waiting is not None and waiting.due_ms <= turn.event_ms):
            before, events = self._fire(turn.key, before, turn.event_ms, guard)
        decision_id = self._writer.identity(turn)
        reading = self._customers.read(understood, before.topic)
        after, changes, held_back = self._customers.apply(
            understood, reading, before, decision_id, guard
        )
        if changes:
            events += events_of(changes, turn.key, after.series)
        features = self._writer.features(understood, reading, after)
        told = (decision_id, summarised(changes) if changes else (), held_back)
        decision, sla = self._writer.write(understood, features, before, told, now_ms)
        if self._breach_policy is not None and may_wait(after, decision.target):
            language = self._ruleset.language_of(understood.language.code)
            waits = waiting_after(
                after, turn, reading, decision.target, sla, self._breach_policy, language
            )
            if waits is not after.waiting:
                after = replace(after, waiting=waits)
        return Routed(decision, events, after)

    def features(self, understood: Understood, prior: Conversation | None) -> Features:
        """What the rules see of a customer turn that has not been applied."""
        turn = understood.turn
        before = NEW_CONVERSATION if prior is None else prior
        reading = self._customers.read(understood, before.topic)
        decision_id = self._writer.identity(turn)
        after, _, _ = self._customers.apply(understood, reading, before, decision_id)
        return self._writer.features(understood, reading, after)

    def degrade(
        self,
        rejected: Rejected,
        prior: Conversation | None,
        now_ms: int,
        guard: Guard | None = None,
    ) -> Routed:
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
            before, events = self._fire(turn.key, before, turn.event_ms, guard)
            after = _moved(before, turn.event_ms, messages_offset=turn.record.offset)
        features = self._writer.features(understood, unusable(understood.flaws), after)
        told = (self._writer.identity(turn), unchanged_escalations(after), ())
        decision, _ = self._writer.write(understood, features, before, told, now_ms)
        shown = replace(decision, category=UNREAD_CATEGORY, intent=UNREAD_INTENT)
        return Routed(shown, events, after)

    def observe(
        self, turn: Turn, prior: Conversation | None, now_ms: int, guard: Guard | None = None
    ) -> Routed:
        """An agent's, bot's or system's turn: a change of state, no decision."""
        del now_ms  # nothing here carries a processing time
        before = NEW_CONVERSATION if prior is None else prior
        if turn.record.offset <= before.messages_offset:
            return Routed(None, (), before)
        before, events = self._fire(turn.key, before, turn.event_ms, guard)
        role = turn.message.sender.role
        replies, repeat, waiting = before.replies, before.bot_repeat, before.waiting
        if role == BOT:
            replies, repeat = after_reply(replies, turn.message.text)
            waiting = waiting if waiting is not None and waiting.for_person else None
        elif role == AGENT:  # a person has taken over: what the bot said is over
            replies, repeat, waiting = (), 0.0, None
        after = replace(
            before,
            seq=before.seq + 1,
            messages_offset=turn.record.offset,
            last_event_ms=max(before.last_event_ms, turn.event_ms),
            turns=before.turns + 1,
            unanswered=0 if role in ANSWERING else before.unanswered,
            replies=replies,
            bot_repeat=repeat,
            waiting=waiting,
        )
        if role != AGENT or not after.open:
            return Routed(None, events, after)
        step = escalation.agent_turn(after.open, after.cooling, self._policies, after.last_event_ms)
        return _stepped(after, step, turn.key, events)

    def feedback(
        self,
        turn: FeedbackTurn,
        prior: Conversation | None,
        now_ms: int,
        guard: Guard | None = None,
    ) -> Routed:
        """What a person said of a decision, an escalation or the conversation."""
        del now_ms  # nothing here carries a processing time
        before = NEW_CONVERSATION if prior is None else prior
        if turn.record.offset <= before.feedback_offset:
            return Routed(None, (), before)
        before, events = self._fire(turn.key, before, turn.event_ms, guard)
        after = _moved(before, turn.event_ms, feedback_offset=turn.record.offset)
        if isinstance(turn.event, DecisionOverridden) and turn.event.intent:
            after = replace(after, topic=topic.told(turn.event.intent))
        told = _stepped(after, self._heard(turn.event, after), turn.key, events)
        if isinstance(turn.event, ConversationClosed):
            return replace(told, state=_fresh(told.state))
        return told

    def fire_due(
        self, key: str, prior: Conversation, at_ms: int, guard: Guard | None = None
    ) -> Routed:
        """Every timer of this conversation due at or before `at_ms`, dated when it was due."""
        state, events = self._fire(key, prior, at_ms, guard)
        return Routed(None, events, state)

    def _decide_again(self, understood: Understood, state: Conversation, now_ms: int) -> Routed:
        reading = self._customers.read(understood, state.topic)
        features = self._writer.features(understood, reading, state)
        told = (self._writer.identity(understood.turn), unchanged_escalations(state), ())
        decision, _ = self._writer.write(understood, features, state, told, now_ms)
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
        self, key: str, state: Conversation, until_ms: int, guard: Guard | None
    ) -> tuple[Conversation, tuple[NamedEvent, ...]]:
        due_ms = next_due_ms(state)
        if due_ms is None or due_ms > until_ms:
            return state, ()
        fired = escalation.fire(
            state.open,
            state.cooling,
            state.waiting,
            self._policies,
            until_ms,
            lambda waiting: self._breach(key, waiting),
            RateGuard() if guard is None else guard,
        )
        after = replace(
            state,
            seq=state.seq + fired.count,
            last_event_ms=max(state.last_event_ms, fired.last_ms),
            open=fired.open,
            cooling=fired.cooling,
            waiting=fired.waiting,
        )
        return after, events_of(fired.changes, key, state.series)

    def _breach(self, key: str, waiting: Waiting) -> tuple[Signal, Scene] | None:
        """What opens for a wait that is over; nothing where its policy has left the rules."""
        policy = self._breach_policy
        if policy is None:
            return None
        decision_id = self._writer.identity_of(waiting.topic, waiting.partition, waiting.offset)
        return overdue(policy, key, waiting, decision_id)


def _moved(
    state: Conversation,
    event_ms: int,
    messages_offset: int | None = None,
    feedback_offset: int | None = None,
) -> Conversation:
    """The state with one more record applied that says nothing of the mood."""
    return replace(
        state,
        seq=state.seq + 1,
        messages_offset=state.messages_offset if messages_offset is None else messages_offset,
        feedback_offset=state.feedback_offset if feedback_offset is None else feedback_offset,
        last_event_ms=max(state.last_event_ms, event_ms),
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
    flaw = MODEL_FAILURE if rejected.reason in MODEL_REASONS else UNUSABLE_RECORD
    return Understood(turn, _NO_PREDICTION, (), _UNKNOWN_LANGUAGE, (flaw,))
