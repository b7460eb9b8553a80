"""One customer turn: what is read from it, and what it does to topic, mood and escalations.

Chooses no route and writes no events.
"""

from consumer.contract.decision import IntentGuess
from consumer.contract.escalation import EscalationCustomer
from consumer.records import Understood
from consumer.routing import escalation, mood, topic
from consumer.routing.bare_turns import is_bare, is_thanks
from consumer.routing.conversation import STATE_VERSION, Conversation, Point
from consumer.routing.escalation import Change, Step
from consumer.routing.escalation_opening import Scene
from consumer.routing.escalation_policy import ANGER, UNREACHABLE
from consumer.routing.rate_guard import Guard, RateGuard
from consumer.routing.readings import (
    Reading,
    is_answerable,
    read_anger,
    read_category,
    read_intent,
    read_sentiment,
)
from consumer.routing.rules import Ruleset
from consumer.routing.signals import COMPLAINT, Signals

UNSUPPORTED_LANGUAGE = "unsupported_language"
UNREADABLE_FLAWS = frozenset(("no_content", UNSUPPORTED_LANGUAGE, "model_failure"))
NEGATIVE = "negative"

CALM_POINTS = 2
HOT_POINTS = 5
HOT_ANGER = 0.25  # from here on the curve is worth its bytes

NOTHING = Step((), (), ())

# The state after, what became of each escalation, and the kinds that the rate guard held back.
Effect = tuple[Conversation, tuple[Change, ...], tuple[str, ...]]


class CustomerTurns:
    """Applies customer turns under one ruleset."""

    __slots__ = (
        "_angry_from",
        "_angry_gap",
        "_complaint_from",
        "_policies",
        "_ruleset",
        "_signals",
    )

    def __init__(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset
        self._policies = ruleset.policies
        anger = ruleset.policies.get(ANGER)
        self._angry_from = anger.enter if anger else UNREACHABLE
        self._angry_gap = anger.enter_gap if anger else 0
        self._complaint_from = anger.complaint_from if anger else 0.0
        self._signals = Signals(ruleset)

    def read(self, understood: Understood, known: topic.Topic) -> Reading:
        """The guesses on this turn; a bare one takes the subject under discussion."""
        prediction, flaws = understood.prediction, understood.flaws
        bounds = self._ruleset.intent_bounds
        category = read_category(prediction.category)
        intent = read_intent(prediction.intent, bounds, UNSUPPORTED_LANGUAGE in flaws)
        anger = read_anger(prediction.anger)
        sentiment = read_sentiment(prediction.sentiment)
        readable = not flaws or UNREADABLE_FLAWS.isdisjoint(flaws)
        answerable = not flaws and is_answerable(
            intent, category, bounds, self._ruleset.category_bounds
        )
        text = understood.turn.message.text
        thanks = readable and is_thanks(text, intent, sentiment, anger)
        if known and readable and is_bare(text, intent, anger, thanks=thanks):
            intent = topic.with_subject(intent, known, bounds.suggest)
            answerable = False
        return Reading(category, intent, sentiment, anger, flaws, readable, answerable, thanks)

    def apply(
        self,
        understood: Understood,
        reading: Reading,
        before: Conversation,
        decision_id: str,
        guard: Guard | None = None,
    ) -> Effect:
        """The state after the turn, and what became of each escalation."""
        turn = understood.turn
        last = before.last_event_ms
        at_ms = turn.event_ms if turn.event_ms > last else last
        if not reading.readable:
            return self._unread(before, turn.record.offset, at_ms)
        anger = reading.anger.score
        negative = reading.sentiment.label == NEGATIVE
        is_angry = anger >= self._angry_from and self._may_complain(reading)
        values = mood.after_turn(
            before, reading.sentiment.score, anger, negative, is_angry, self._angry_gap, at_ms
        )
        smoothed, begin, weighted, peak, streak, angry_turns, since = values
        unresolved = _unresolved(before, reading)
        felt = (anger, weighted, angry_turns, unresolved, reading.thanks)
        signals = self._signals.of(turn, understood.prediction, before, felt)
        if signals is None:  # most turns
            step = NOTHING if not before.cooling else Step((), before.cooling, ())
        else:
            scene = self._scene(understood, reading, at_ms, decision_id)
            step = escalation.customer_turn(
                before.open, before.cooling, signals, scene, guard or RateGuard()
            )
        after = Conversation(
            STATE_VERSION,
            before.seq + 1,
            turn.record.offset,
            before.feedback_offset,
            at_ms,
            before.turns + 1,
            before.customer_turns + 1,
            smoothed,
            begin,
            weighted,
            peak,
            streak,
            angry_turns,
            unresolved,
            since,
            at_ms,
            topic.after_turn(before.topic, reading.intent),
            step.open,
            step.cooling,
            _next_series(before, turn.message.message_id, turn.event_ms, reading),
            before.unanswered + 1,
            before.bot_repeat,
            before.replies,
            None if reading.thanks else before.waiting,
        )
        return after, step.changes, step.held_back

    def _may_complain(self, reading: Reading) -> bool:
        return reading.category.scores.get(COMPLAINT, 0.0) >= self._complaint_from

    def _unread(self, before: Conversation, offset: int, at_ms: int) -> Effect:
        """A turn whose mood cannot be read counts, and shows that somebody is there."""
        step = escalation.unread_turn(before.open, before.cooling, self._policies, at_ms)
        after = Conversation(
            STATE_VERSION,
            before.seq + 1,
            offset,
            before.feedback_offset,
            at_ms,
            before.turns + 1,
            before.customer_turns + 1,
            before.mood,
            before.mood_begin,
            before.anger,
            before.anger_peak,
            before.negative_streak,
            before.angry_turns,
            before.unresolved_turns,
            before.since_angry,
            before.mood_ms,
            before.topic,
            step.open,
            step.cooling,
            before.series,
            before.unanswered + 1,
            before.bot_repeat,
            before.replies,
            before.waiting,
        )
        return after, step.changes, ()

    def _scene(
        self, understood: Understood, reading: Reading, at_ms: int, decision_id: str
    ) -> Scene:
        turn = understood.turn
        record, message = turn.record, turn.message
        return Scene(
            at_ms=at_ms,
            conversation_key=turn.key,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            message_id=message.message_id,
            decision_id=decision_id,
            customer=EscalationCustomer(message.customer.id, message.customer.tier),
            language=self._ruleset.language_of(understood.language.code),
            category=reading.category.label,
            intent=reading.intent.name,
            entities=understood.entities,
        )


def _unresolved(before: Conversation, reading: Reading) -> int:
    """Customer turns since they thanked or changed the subject, this one included."""
    if reading.thanks:
        return 0
    intent = reading.intent
    if before.unresolved_turns and topic.names_a_subject(intent) and _is_new(before.topic, intent):
        return 1
    return before.unresolved_turns + 1


def _is_new(known: topic.Topic, intent: IntentGuess) -> bool:
    subject = topic.subject_of(known)
    return bool(subject) and intent.name != subject


def _next_series(
    before: Conversation, message_id: str, at_ms: int, reading: Reading
) -> tuple[Point, ...]:
    """The curve with this turn: short while all is calm, since every state record carries it."""
    anger = reading.anger.score
    point = Point(message_id, at_ms, reading.sentiment.score, anger)
    if not before.series:
        return (point,)
    is_hot = anger >= HOT_ANGER or before.anger >= HOT_ANGER or bool(before.open)
    kept = HOT_POINTS if is_hot else CALM_POINTS
    return (*before.series[1 - kept :], point)
