"""Plays golden conversations under a ruleset and tells where it decides otherwise."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from consumer.contract.clock import format_ms, parse_ms
from consumer.contract.known_values import CATEGORIES, SENTIMENTS
from consumer.inference.canonical import canonicalise
from consumer.inference.entities import to_entities
from consumer.inference.language import guess_language
from consumer.inference.model import Model
from consumer.inference.prepared import Prepared
from consumer.inference.tokenizer import MAX_CHARS
from consumer.inference.understand import prepare, understand
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.records import Outcome, Prediction, Record, Turn, Understood
from consumer.routing.escalation_events import NamedEvent
from consumer.routing.router import Routed
from consumer.routing.rules import Ruleset
from consumer.workbench.golden_file import Golden, GoldenConversation, GoldenTurn, Said
from consumer.workbench.stand import TOPICS, Stand

NOTHING = "nothing"
MISSING = "(no such field)"
_MS = 1_000
_DECODER = Decoder(IntakeLimits(), TOPICS)


class Deviation(Struct, frozen=True):
    """One thing that came out otherwise. `turn` counts from 1."""

    conversation: str
    turn: int
    line: int
    field: str
    expected: str
    found: str


def deviations(
    golden: Golden, ruleset: Ruleset, open_model: Callable[[], Model]
) -> Iterator[tuple[GoldenConversation, list[Deviation]]]:
    """Each conversation with what came out otherwise. The model is opened only if it is needed."""
    model: Model | None = None
    for number, conversation in enumerate(golden.conversations):
        if model is None and any(_needs_model(turn) for turn in conversation.turns):
            model = open_model()
        play = _Play(conversation, number, Stand(ruleset), model)
        found: list[Deviation] = []
        for index, turn in enumerate(conversation.turns):
            line = golden.line(number, index)
            found += [
                Deviation(conversation.name, index + 1, line, *difference)
                for difference in play.turn(turn, index)
            ]
        yield conversation, found


def _needs_model(turn: GoldenTurn) -> bool:
    return turn.text is not None and turn.sender == "customer" and turn.said is None


class _Play:
    """One conversation on its own stand."""

    def __init__(
        self, conversation: GoldenConversation, number: int, stand: Stand, model: Model | None
    ) -> None:
        self._conversation = conversation
        self._id = f"golden-{number}"
        self._stand = stand
        self._model = model
        self._at_ms = parse_ms(conversation.starts_at)
        self._open: list[str] = []

    def turn(self, turn: GoldenTurn, index: int) -> list[tuple[str, str, str]]:
        """(field, expected, found) of all that differs."""
        self._at_ms += round(turn.after_s * _MS)
        record = self._record(turn, index)
        routed = self._stand.apply(record, self._outcome(record, turn))
        events = [event for one in routed for event in one.escalations]
        self._remember(events)
        return [*_decision_differences(turn, routed), *_event_differences(turn, events)]

    def _outcome(self, record: Record, turn: GoldenTurn) -> Outcome:
        outcome = _DECODER.decode(record)
        if not isinstance(outcome, Turn) or turn.sender != "customer":
            return outcome
        if turn.said is not None:
            return said_turn(outcome, turn.said)
        assert self._model is not None  # noqa: S101  opened where a turn needs it
        return understand(self._model, prepare(self._model, [outcome]))[0]

    def _record(self, turn: GoldenTurn, index: int) -> Record:
        if turn.feedback is not None:
            name, _, verdict = turn.feedback.partition(" ")
            body: dict[str, Any] = {"escalation_id": self._open[-1] if self._open else "none"}
            if verdict:
                body["verdict"] = verdict
            headers = (("ce_specversion", b"1.0"), ("ce_type", name.encode()))
            return self._made(
                TOPICS.feedback, index, body | {"at": format_ms(self._at_ms)}, headers
            )
        conversation = self._conversation
        body = {
            "message_id": f"turn-{index + 1}",
            "text": turn.text,
            "sent_at": format_ms(self._at_ms),
            "sender": {"role": turn.sender},
            "channel": conversation.channel,
            "attributes": turn.attributes,
            "customer": {
                "tier": conversation.tier,
                "contacts_7d": conversation.contacts_7d,
                "open_orders": conversation.open_orders,
            },
        }
        return self._made(TOPICS.messages, index, body, ())

    def _made(
        self, topic: str, index: int, body: dict[str, Any], headers: tuple[tuple[str, bytes], ...]
    ) -> Record:
        whose = {"conversation_id": self._id, "tenant_id": self._conversation.tenant}
        value = msgspec.json.encode(body | whose)
        return Record(topic, 0, index, 1, self._at_ms, None, value, headers)

    def _remember(self, events: list[NamedEvent]) -> None:
        for name, event in events:
            if name.endswith("opened"):
                self._open.append(event.escalation_id)


def said_turn(turn: Turn, said: Said) -> Understood:
    """A turn with the predictions that the file gives; entities by their shape only."""
    text = turn.message.text
    prediction = Prediction(
        _scores(said.category, CATEGORIES),
        _scores(said.intent, ()),
        _scores(said.sentiment, SENTIMENTS),
        said.anger,
        (),
    )
    prepared = Prepared(text, canonicalise(text, MAX_CHARS), [], 0, list)
    return Understood(turn, prediction, to_entities(prepared, ()), guess_language(text), ())


def _scores(said: str | dict[str, float], labels: tuple[str, ...]) -> dict[str, float]:
    given = {said: 1.0} if isinstance(said, str) else said
    return dict.fromkeys(labels, 0.0) | given


def _decision_differences(turn: GoldenTurn, routed: list[Routed]) -> Iterator[tuple[str, str, str]]:
    if not turn.expect:
        return
    decision = next((one.decision for one in routed if one.decision is not None), None)
    body = msgspec.to_builtins(decision)
    for name, expected in turn.expect.items():
        found = _field(body, name)
        if found != expected:
            yield name, _shown(expected), _shown(found)


def _event_differences(
    turn: GoldenTurn, events: list[NamedEvent]
) -> Iterator[tuple[str, str, str]]:
    found = [told(name, event) for name, event in events]
    if found != turn.escalations:
        yield "escalations", _listed(turn.escalations), _listed(found)


def told(name: str, event: Any) -> str:
    """'anger opened', 'anger resolved de_escalated'."""
    change = name.rpartition(".")[2]
    resolution = getattr(event, "resolution", "")
    return " ".join(part for part in (event.kind, change, resolution) if part)


def _field(body: Any, name: str) -> Any:
    for step in name.split("."):
        if isinstance(body, dict) and step in body:
            body = body[step]
        elif isinstance(body, list | tuple) and step.isdecimal() and int(step) < len(body):
            body = body[int(step)]
        else:
            return MISSING
    return body


def _shown(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _listed(names: list[str]) -> str:
    return ", ".join(names) or NOTHING
