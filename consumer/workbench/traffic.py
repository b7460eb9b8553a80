"""Recorded traffic as outcomes in their order, and how it is read from the topics.

A decision holds what the models said, so a decided message needs no model again. What a decision
does not hold (customer, channel, attributes, text) comes from its message, where that is there.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec
from msgspec import Struct

from consumer.contract.decision import RoutingDecided
from consumer.contract.identity import conversation_key
from consumer.contract.topics import Topics
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.kafka.history import History
from consumer.ports import StateRecord
from consumer.records import FeedbackTurn, Outcome, Prediction, Record, Turn, Understood
from consumer.routing.conversation import encode
from consumer.routing.prior_state import state_before

CUSTOMER = "customer"
_DECODE_DECISION = msgspec.json.Decoder(RoutingDecided).decode

Place = tuple[str, int, int]
Advance = Callable[[int], None]


class Recorded(Struct, frozen=True):
    """One record with its outcome; `decision` is what was decided then, if that was recorded."""

    record: Record
    outcome: Outcome
    decision: RoutingDecided | None = None


class Traffic(Struct, frozen=True):
    """Records in the order in which they were applied.

    A file of decisions has no agents' turns and no feedback between them: `each_from_its_prior`
    says that every decision is made again from the state that it was made from. Otherwise
    `state` is what was known before the first record. `without_message` counts decisions whose
    message is not there, `skipped` records that nobody could decide on then or now.
    """

    records: Sequence[Recorded]
    topics: Topics
    state: Sequence[tuple[int, StateRecord]] = ()
    each_from_its_prior: bool = False
    without_message: int = 0
    skipped: int = 0


def read_topics(history: History, topics: Topics, advance: Advance) -> Traffic:
    """Everything that the input, feedback and routing topics still hold."""
    decisions: dict[Place, RoutingDecided] = {}
    for record in history.read(topics.routing):
        advance(1)
        decision = _DECODE_DECISION(record.value or b"{}")
        source = decision.source
        decisions[source.topic, source.partition, source.offset] = decision
    decoder = Decoder(IntakeLimits(), topics)
    found: list[Recorded] = []
    skipped = 0
    for topic in (topics.messages, topics.feedback):
        for record in history.read(topic):
            advance(1)
            recorded = _joined(record, decoder.decode(record), decisions)
            if recorded is None:
                skipped += 1
            else:
                found.append(recorded)
    # The order between messages and feedback was the service's; event time is the nearest to it.
    found.sort(key=lambda one: (one.record.partition, _at_ms(one.outcome), one.record.offset))
    return Traffic(found, topics, _states(found), skipped=skipped)


def _joined(
    record: Record, outcome: Outcome, decisions: dict[Place, RoutingDecided]
) -> Recorded | None:
    if isinstance(outcome, FeedbackTurn):
        return Recorded(record, outcome)
    if not isinstance(outcome, Turn):
        return None
    if outcome.message.sender.role != CUSTOMER:
        return Recorded(record, outcome)
    decision = decisions.get((record.topic, record.partition, record.offset))
    if decision is None:
        return None
    return Recorded(record, understood_of(decision, outcome), decision)


def understood_of(decision: RoutingDecided, turn: Turn) -> Understood:
    """What the models said, as far as the decision tells: of intents, the three likeliest."""
    sentiment = decision.sentiment
    prediction = Prediction(
        decision.category.scores,
        {one.name: one.confidence for one in decision.intent.candidates},
        _sentiment(sentiment.label, sentiment.score, sentiment.confidence),
        decision.anger.score,
        (),
    )
    return Understood(
        turn, prediction, decision.entities, decision.language, decision.degraded_reasons
    )


def _sentiment(label: str, score: float, confidence: float) -> dict[str, float]:
    """Three probabilities of their sum (1), the difference of two, and the greatest."""
    if label == "negative":
        negative, positive = confidence, score + confidence
    elif label == "positive":
        negative, positive = confidence - score, confidence
    else:
        negative = (1 - confidence - score) / 2
        positive = negative + score
    return {
        "negative": max(0.0, negative),
        "neutral": max(0.0, 1 - negative - positive),
        "positive": max(0.0, positive),
    }


def _at_ms(outcome: Outcome) -> int:
    return outcome.turn.event_ms if isinstance(outcome, Understood) else outcome.event_ms


def _states(records: Iterable[Recorded]) -> list[tuple[int, StateRecord]]:
    """The state of each conversation before its first decision."""
    found: dict[str, tuple[int, StateRecord]] = {}
    for one in records:
        if one.decision is None or one.decision.prior.state_seq == 0:
            continue
        key = conversation_key(one.decision.tenant_id, one.decision.conversation_id)
        if key not in found:
            state = encode(state_before(one.decision))
            found[key] = (one.record.partition, (key.encode(), state))
    return list(found.values())
