"""What people said, joined with what was decided and asked. Reads topics, writes nothing."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

from consumer.contract.decision import RoutingDecided
from consumer.contract.escalation import EscalationOpened
from consumer.contract.message import DecisionOverridden, EscalationJudged
from consumer.contract.topics import Topics
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.kafka.history import History
from consumer.records import FeedbackTurn, Record, Turn

Advance = Callable[[int], None]
_DECODE_DECISION = msgspec.json.Decoder(RoutingDecided).decode
_DECODE_ESCALATION = msgspec.json.Decoder(EscalationOpened).decode
_OPENED = b"escalation.opened"


class Heard(Struct, frozen=True):
    """Feedback on decisions and escalations; of several on one, the last counts."""

    overrides: dict[str, DecisionOverridden]
    judgements: dict[str, EscalationJudged]


class Decided(Struct, frozen=True):
    """A decision, and the person's correction if there is one."""

    decision: RoutingDecided
    override: DecisionOverridden | None = None


class Asked(Struct, frozen=True):
    """A decision with the text that it was made on."""

    decided: Decided
    text: str


class Rates(Struct, frozen=True):
    """Decisions and overrides by intent and by rule, judgements by kind and verdict."""

    intents: Counter[str]
    intent_overrides: Counter[str]
    rules: Counter[str]
    rule_overrides: Counter[str]
    judged: Counter[tuple[str, str]]
    unknown: int


def read_feedback(history: History, topics: Topics, advance: Advance) -> Heard:
    """The whole feedback topic."""
    decoder = Decoder(IntakeLimits(), topics)
    heard = Heard({}, {})
    for record in history.read(topics.feedback):
        advance(1)
        turn = decoder.decode(record)
        event = turn.event if isinstance(turn, FeedbackTurn) else None
        if isinstance(event, DecisionOverridden):
            heard.overrides[event.decision_id] = event
        elif isinstance(event, EscalationJudged):
            heard.judgements[event.escalation_id] = event
    return heard


def read_decisions(history: History, topics: Topics, advance: Advance) -> Iterator[RoutingDecided]:
    """The whole routing topic."""
    for record in history.read(topics.routing):
        advance(1)
        yield _DECODE_DECISION(record.value or b"{}")


def rates(history: History, topics: Topics, heard: Heard, advance: Advance) -> Rates:
    """Exact counts over what the topics still hold."""
    found = Rates(Counter(), Counter(), Counter(), Counter(), Counter(), 0)
    seen = 0
    for decision in read_decisions(history, topics, advance):
        found.intents[decision.intent.name] += 1
        found.rules[decision.reason.rule_id] += 1
        if decision.decision_id in heard.overrides:
            seen += 1
            found.intent_overrides[decision.intent.name] += 1
            found.rule_overrides[decision.reason.rule_id] += 1
    for record in history.read(topics.escalations):
        advance(1)
        if dict(record.headers).get("ce_type") != _OPENED:
            continue
        event = _DECODE_ESCALATION(record.value or b"{}")
        judgement = heard.judgements.get(event.escalation_id)
        if judgement is not None:
            found.judged[event.kind, judgement.verdict] += 1
    return msgspec.structs.replace(found, unknown=len(heard.overrides) - seen)


def corrected(
    history: History, topics: Topics, heard: Heard, uncertain: int, advance: Advance
) -> tuple[list[Decided], list[Decided]]:
    """Decisions that a person gave another label, and the most uncertain of the others."""
    labelled: list[Decided] = []
    least: list[tuple[float, str, RoutingDecided]] = []
    for decision in read_decisions(history, topics, advance):
        override = heard.overrides.get(decision.decision_id)
        if override is not None:
            if override.category or override.intent:
                labelled.append(Decided(decision, override))
        elif uncertain and not decision.degraded and decision.intent.origin == "message":
            # A heap of the least negated margins: its first is the surest of those kept. Ids are
            # random, so they choose among equals.
            item = (-decision.intent.margin, decision.decision_id, decision)
            push = heapq.heappush if len(least) < uncertain else heapq.heappushpop
            push(least, item)
    doubted = [Decided(decision) for _, _, decision in sorted(least, reverse=True, key=_order)]
    return labelled, doubted


def _order(item: tuple[float, str, RoutingDecided]) -> tuple[float, str]:
    return item[:2]


def with_texts(
    history: History, topics: Topics, decided: list[Decided], advance: Advance
) -> Iterator[Asked]:
    """The decisions with their messages, as far as the input topic still holds these."""
    places: dict[int, dict[int, Decided]] = defaultdict(dict)
    for one in decided:
        source = one.decision.source
        if source.topic == topics.messages:
            places[source.partition][source.offset] = one
    decoder = Decoder(IntakeLimits(), topics)
    for partition, wanted in places.items():
        for record in history.find(topics.messages, partition, wanted):
            advance(1)
            text = _text(decoder, record)
            if text is not None:
                yield Asked(wanted[record.offset], text)


def _text(decoder: Decoder, record: Record) -> str | None:
    turn = decoder.decode(record)
    return turn.message.text if isinstance(turn, Turn) else None
