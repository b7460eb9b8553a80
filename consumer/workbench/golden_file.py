"""Golden conversations: what is said, and what must be decided. Reads and checks the file."""

from pathlib import Path as FilePath
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from consumer.contract.decision import RoutingDecided
from consumer.contract.message import DEFAULT_TENANT
from consumer.routing.rules_error import RuleMistakeError
from consumer.routing.rules_reader import locate, read_source
from consumer.routing.yaml_source import YamlSource, parse_path

FORMAT = 1
FEEDBACK = (
    "conversation.closed",
    "escalation.acknowledged",
    "escalation.judged right",
    "escalation.judged wrong",
)
Scalar = str | int | float | bool | None


class _Closed(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """No field but the declared ones."""


class Said(_Closed, frozen=True, kw_only=True):
    """What the models are taken to say, so that a test does not depend on a bundle.

    A label alone is certain; several with their probabilities are as given.
    """

    category: str | dict[str, float] = "query"
    intent: str | dict[str, float] = "other"
    sentiment: str | dict[str, float] = "neutral"
    anger: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0


class GoldenTurn(_Closed, frozen=True, kw_only=True):
    """One message, or one word of feedback, and what must come of it."""

    text: str | None = None
    feedback: str | None = None
    sender: str = "customer"
    after_s: Annotated[float, Meta(ge=0.0)] = 10.0
    attributes: dict[str, str] = {}
    said: Said | None = None
    expect: dict[str, Scalar] = {}
    escalations: list[str] = []


class GoldenConversation(_Closed, frozen=True, kw_only=True):
    """Turns in order; who the customer is, and where they write."""

    name: Annotated[str, Meta(min_length=1)]
    turns: Annotated[list[GoldenTurn], Meta(min_length=1)]
    tenant: str = DEFAULT_TENANT
    channel: str = "web"
    starts_at: str = "2026-01-05T10:00:00Z"
    tier: str = "standard"
    contacts_7d: int = 0
    open_orders: int = 0


class _GoldenFile(_Closed, frozen=True, kw_only=True):
    format: int
    conversations: Annotated[list[GoldenConversation], Meta(min_length=1)]


class Golden(Struct, frozen=True):
    """The conversations, and where each turn stands."""

    conversations: list[GoldenConversation]
    source: YamlSource

    def line(self, conversation: int, turn: int) -> int:
        """The line of a turn, from 1."""
        return self.source.position(("conversations", conversation, "turns", turn))[0]


def read_golden(path: FilePath) -> Golden:
    """The file's conversations.

    Raises:
        OSError: it cannot be read.
        RulesError: it can, but not used; says where.
    """
    file = path.name
    source = read_source(path.read_bytes(), file)
    try:
        content = msgspec.convert(source.data, _GoldenFile)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `")
        raise locate(
            source, file, RuleMistakeError(parse_path(place.removesuffix("`")), problem)
        ) from None
    try:
        _check(content)
    except RuleMistakeError as mistake:
        raise locate(source, file, mistake) from None
    return Golden(content.conversations, source)


def _check(content: _GoldenFile) -> None:
    if content.format != FORMAT:
        raise RuleMistakeError(("format",), f"{content.format} is not {FORMAT}")
    for number, conversation in enumerate(content.conversations):
        for index, turn in enumerate(conversation.turns):
            path = ("conversations", number, "turns", index)
            if (turn.text is None) == (turn.feedback is None):
                raise RuleMistakeError(path, "needs either text or feedback")
            if turn.feedback is not None and turn.feedback not in FEEDBACK:
                raise RuleMistakeError(
                    (*path, "feedback"), f"{turn.feedback!r} is none of {', '.join(FEEDBACK)}"
                )
            is_decided = turn.text is not None and turn.sender == "customer"
            if turn.expect and not is_decided:
                raise RuleMistakeError((*path, "expect"), "only a customer's message is decided on")
            for name in turn.expect:
                if name.split(".")[0] not in RoutingDecided.__struct_fields__:
                    raise RuleMistakeError(
                        (*path, "expect", name), f"a decision has no field {name!r}"
                    )
