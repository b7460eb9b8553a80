"""One customer turn: what is read from it, and what it does to mood and escalations.

Chooses no route and writes no events.
"""

from consumer.contract.escalation import EscalationCustomer
from consumer.records import Understood
from consumer.routing import escalation, mood
from consumer.routing.conversation import STATE_VERSION, Conversation, CoolDown, OpenRecord, Point
from consumer.routing.escalation import Change
from consumer.routing.escalation_opening import Scene, Signal
from consumer.routing.escalation_policy import ANGER, HUMAN_REQUEST
from consumer.routing.readings import (
    Reading,
    is_answerable,
    read_anger,
    read_category,
    read_intent,
    read_sentiment,
)
from consumer.routing.rules import Ruleset
from consumer.routing.subject import next_subject, with_subject

UNSUPPORTED_LANGUAGE = "unsupported_language"
UNREADABLE_FLAWS = frozenset(("no_content", UNSUPPORTED_LANGUAGE, "model_failure"))
NEGATIVE = "negative"
CERTAIN = 1.0
UNREACHABLE = 2.0  # no score is above 1

CALM_POINTS = 2
HOT_POINTS = 5
HOT_ANGER = 0.25  # from here on the curve is worth its bytes

Escalations = tuple[tuple[OpenRecord, ...], tuple[CoolDown, ...], tuple[Change, ...]]


class CustomerTurns:
    """Applies customer turns under one ruleset."""

    __slots__ = ("_anger", "_angry_from", "_asked_from", "_find", "_human", "_policies", "_ruleset")

    def __init__(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset
        self._policies = ruleset.policies
        self._anger = ruleset.policies.get(ANGER)
        self._human = ruleset.policies.get(HUMAN_REQUEST)
        self._angry_from = self._anger.enter if self._anger else UNREACHABLE
        self._asked_from = self._human.enter if self._human else UNREACHABLE
        phrases = self._human.phrases if self._human else None
        self._find = _find_nothing if phrases is None else phrases.find

    def read(self, understood: Understood, subject: str) -> Reading:
        """The guesses on this turn; a bare one takes the subject under discussion."""
        prediction, flaws = understood.prediction, understood.flaws
        bounds = self._ruleset.intent_bounds
        category = read_category(prediction.category)
        intent = read_intent(prediction.intent, bounds, UNSUPPORTED_LANGUAGE in flaws)
        anger = read_anger(prediction.anger)
        readable = not flaws or UNREADABLE_FLAWS.isdisjoint(flaws)
        answerable = not flaws and is_answerable(
            intent, category, bounds, self._ruleset.category_bounds
        )
        if subject and readable:
            text = understood.turn.message.text
            intent = with_subject(intent, text, anger, subject, bounds.suggest)
            answerable = answerable and intent.origin == "message"
        sentiment = read_sentiment(prediction.sentiment)
        return Reading(category, intent, sentiment, anger, flaws, readable, answerable)

    def apply(
        self, understood: Understood, reading: Reading, before: Conversation, decision_id: str
    ) -> tuple[Conversation, tuple[Change, ...]]:
        """The state after the turn, and what became of each escalation."""
        turn = understood.turn
        last = before.last_event_ms
        at_ms = turn.event_ms if turn.event_ms > last else last
        if reading.readable:
            values = mood.after_turn(
                before,
                reading.sentiment.score,
                reading.anger.score,
                reading.sentiment.label == NEGATIVE,
                self._angry_from,
            )
            subject = next_subject(before.subject, reading.intent)
            series = _next_series(before, turn.message.message_id, turn.event_ms, reading)
            records, cooling, changes = self._escalate(
                understood, reading, before, values, at_ms, decision_id
            )
        else:
            values, subject, series = mood.unchanged(before), before.subject, before.series
            records, cooling, changes = self._stay(before, at_ms)
        smoothed, begin, anger, peak, streak, angry_turns = values
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
            anger,
            peak,
            streak,
            angry_turns,
            subject,
            records,
            cooling,
            series,
        )
        return after, changes

    def _escalate(
        self,
        understood: Understood,
        reading: Reading,
        before: Conversation,
        values: mood.MoodValues,
        at_ms: int,
        decision_id: str,
    ) -> Escalations:
        """Steps the machine if something is open or would open: most turns do neither."""
        anger = reading.anger.score
        phrase = self._find(understood.turn.message.text) or ""
        asked = CERTAIN if phrase else self._request_score(understood)
        if (
            asked < self._asked_from
            and not before.open
            and not (anger >= self._angry_from and self._is_angry(anger, values[-1]))
        ):
            return (), before.cooling, ()
        signals = self._signals(anger, values, asked, phrase)
        scene = self._scene(understood, reading, at_ms, decision_id)
        step = escalation.customer_turn(before.open, before.cooling, signals, scene)
        return step.open, step.cooling, step.changes

    def _request_score(self, understood: Understood) -> float:
        if self._human is None:
            return 0.0
        return understood.prediction.intent.get(self._human.intent, 0.0)

    def _is_angry(self, score: float, turns: int) -> bool:
        return self._anger is not None and self._anger.enters(score, turns)

    def _stay(self, before: Conversation, at_ms: int) -> Escalations:
        step = escalation.unread_turn(before.open, before.cooling, self._policies, at_ms)
        return step.open, step.cooling, step.changes

    def _signals(
        self, anger: float, values: mood.MoodValues, asked: float, phrase: str
    ) -> list[Signal]:
        signals: list[Signal] = []
        if self._anger is not None:
            _, _, smoothed, _, _, angry_turns = values
            signals.append(Signal(self._anger, anger, smoothed, angry_turns))
        if self._human is not None:
            signals.append(Signal(self._human, asked, 0.0, 1, phrase))
        return signals

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


def _find_nothing(_text: str) -> str | None:
    return None
