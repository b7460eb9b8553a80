"""Recorded traffic from a file of JSON lines: messages, decisions, or both."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from consumer.contract.clock import parse_ms
from consumer.contract.decision import RoutingDecided
from consumer.contract.identity import conversation_key
from consumer.contract.message import MessageReceived
from consumer.contract.topics import Topics
from consumer.inference.model import Model
from consumer.inference.understand import prepare, understand
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.records import Outcome, Record, Turn, Understood
from consumer.workbench.traffic import CUSTOMER, Advance, Recorded, Traffic, understood_of

_BATCH = 64
_PARTITION = 0
_BARE = "yes"


class TrafficError(Exception):
    """Recorded traffic that cannot be used: names the line and what is wrong with it."""


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
