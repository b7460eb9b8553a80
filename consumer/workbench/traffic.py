"""Recorded traffic, from a file of JSON lines or from the topics, as outcomes in their order.

A decision holds what the models said, so a decided message needs no model again. What a decision
does not hold (customer, channel, attributes, text) comes from its message, where that is there.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from consumer.contract.clock import parse_ms
from consumer.contract.decision import RoutingDecided
from consumer.contract.identity import conversation_key
from consumer.contract.message import MessageReceived
from consumer.contract.topics import Topics
from consumer.inference.model import Model
from consumer.inference.understand import prepare, understand
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.kafka.history import History
from consumer.ports import StateRecord
from consumer.records import FeedbackTurn, Outcome, Prediction, Record, Turn, Understood
from consumer.routing.conversation import encode
from consumer.routing.prior_state import state_before

CUSTOMER = "customer"
_BATCH = 64
_PARTITION = 0
_BARE = "yes"
_DECODE_DECISION = msgspec.json.Decoder(RoutingDecided).decode

Place = tuple[str, int, int]
Advance = Callable[[int], None]


class TrafficError(Exception):
    """Recorded traffic that cannot be used: names the line and what is wrong with it."""


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


def read_file(path: Path, open_model: Callable[[], Model], advance: Advance) -> Traffic:
    """Traffic of a file: `message.received` or `routing.decided` objects, or structured events.

    Raises:
        OSError: the file cannot be read.
        TrafficError: a line cannot be used.
    """
    messages: list[MessageReceived] = []
    decisions: list[RoutingDecided] = []
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                event = _event(line, f"{path.name}:{number}")
                if isinstance(event, RoutingDecided):
                    decisions.append(event)
                else:
                    messages.append(event)
    if decisions:
        return _decided(decisions, {_said(one): one for one in messages}, advance)
    return read_messages(messages, open_model, advance)


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


def _event(line: bytes, place: str) -> MessageReceived | RoutingDecided:
    try:
        body: Any = msgspec.json.decode(line)
        if isinstance(body, dict) and "specversion" in body:
            body = body.get("data")
        if isinstance(body, dict) and "decision_id" in body:
            decision: RoutingDecided = msgspec.convert(body, RoutingDecided)
            return decision
        message: MessageReceived = msgspec.convert(body, MessageReceived)
    except msgspec.MsgspecError as error:
        said = str(error).partition(" - at")[0]
        problem = f"{place}: neither message.received nor routing.decided ({said})"
        raise TrafficError(problem) from None
    return message


def _said(message: MessageReceived) -> tuple[str, str, str]:
    return message.tenant_id, message.conversation_id, message.message_id


def _decided(
    decisions: list[RoutingDecided],
    messages: dict[tuple[str, str, str], MessageReceived],
    advance: Advance,
) -> Traffic:
    found: list[Recorded] = []
    missing = 0
    for decision in sorted(decisions, key=_place):
        advance(1)
        message = messages.get((decision.tenant_id, decision.conversation_id, decision.message_id))
        missing += message is None
        turn = _turn_of(decision, message)
        found.append(Recorded(turn.record, understood_of(decision, turn), decision))
    return Traffic(found, Topics(), each_from_its_prior=True, without_message=missing)


def _place(decision: RoutingDecided) -> tuple[str, int, int]:
    return decision.source.topic, decision.source.partition, decision.source.offset


def _turn_of(decision: RoutingDecided, message: MessageReceived | None) -> Turn:
    source = decision.source
    if message is None:
        at_ms = parse_ms(decision.decided_at) - round(decision.latency_ms)
        message = MessageReceived(
            decision.message_id,
            decision.conversation_id,
            # Of the words only this is known: whether they took the subject under discussion.
            _BARE if decision.intent.origin == "conversation" else "",
            decision.decided_at,
            decision.tenant_id,
        )
    else:
        at_ms = parse_ms(message.sent_at)
    # As records of the default topic: the stand has its own names.
    record = Record(Topics().messages, source.partition, source.offset, 1, at_ms, None, None)
    key = conversation_key(decision.tenant_id, decision.conversation_id)
    return Turn(record, message, key, at_ms)


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


def read_messages(
    messages: list[MessageReceived], open_model: Callable[[], Model], advance: Advance
) -> Traffic:
    """Messages that no decision is known of: the models read them."""
    topics = Topics()
    decoder = Decoder(IntakeLimits(), topics)
    outcomes: list[Outcome] = []
    for number, message in enumerate(messages):
        at_ms = parse_ms(message.sent_at)
        value = msgspec.json.encode(message)
        outcomes.append(
            decoder.decode(Record(topics.messages, _PARTITION, number, 1, at_ms, None, value))
        )
    found = list(_read_by_models(outcomes, open_model, advance))
    return Traffic([Recorded(_record(one), one) for one in found], topics)


def _read_by_models(
    outcomes: list[Outcome], open_model: Callable[[], Model], advance: Advance
) -> Iterator[Outcome]:
    model: Model | None = None
    for start in range(0, len(outcomes), _BATCH):
        batch = outcomes[start : start + _BATCH]
        turns = [one for one in batch if isinstance(one, Turn) and _is_customer(one)]
        read: Iterator[Outcome] = iter(())
        if turns:
            model = model or open_model()
            read = iter(understand(model, prepare(model, turns)))
        for one in batch:
            yield next(read) if isinstance(one, Turn) and _is_customer(one) else one
        advance(len(batch))


def _is_customer(turn: Turn) -> bool:
    return turn.message.sender.role == CUSTOMER


def _record(outcome: Outcome) -> Record:
    return outcome.turn.record if isinstance(outcome, Understood) else outcome.record


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
