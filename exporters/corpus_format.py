"""Reads the project's own corpus: single messages and conversations, as text files.

The format stands in `corpus/README.md`. Bad lines become problems, never exceptions; nothing is
corrected, and meaning is not judged here.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from consumer.contract.known_values import ESCALATION_KINDS
from exporters.labels import ENTITY_TYPES, INTENTS
from exporters.rows import OWN, Row, Span, reached_levels

CATEGORY_MARKS = {"q": "query", "c": "complaint", "s": "suggestion"}
SENTIMENT_MARKS = {"-": "negative", "0": "neutral", "+": "positive"}
ANGER_MARKS = ("0", "1", "2", "3")
FIELDS = ("category", "intent", "sentiment", "anger")
NO_ESCALATION = "none"
KINDS = (NO_ESCALATION, *ESCALATION_KINDS)
SPEAKERS = {"C": "customer", "A": "agent", "B": "bot", "S": "system"}
Half = Literal["A", "B"]
HALVES: tuple[Half, ...] = ("A", "B")
"""Conversations to tune by, and conversations to judge by."""

FIRST_OF_HALF_B = 20

_NUMBER = re.compile(r"_(\d+)\.txt$")
_MARK = re.compile(
    r"\\(?P<literal>[\[\]])|\[(?P<inner>[^\[\]]*)\]\{(?P<type>[^{}]*)\}|(?P<stray>\[)"
)
_HEADING = re.compile(
    r"== (?P<name>\S+) \| kind=(?P<kind>\w+)(?: open=(?P<first>\d+)\.\.(?P<last>\d+))?"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that breaks a rule: where, what was found, which rule. Never the text itself."""

    file: str
    line: int
    value: str
    rule: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.value}: {self.rule}"


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """A row and the place it was read from."""

    row: Row
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class ConversationTurn:
    """One turn; `row` and `conversation_intent` are of customers only."""

    speaker: str
    text: str
    row: Row | None = None
    conversation_intent: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation; an escalation of `kind` may open at the customer turns `opens`."""

    name: str
    language: str
    kind: str
    opens: tuple[int, int] | None
    turns: tuple[ConversationTurn, ...]
    file: str
    line: int

    @property
    def half(self) -> Half:
        """The half that its file belongs to."""
        return half_of(self.file)


def half_of(file: str) -> Half:
    """Files numbered from 20 on are of half B: `conversations_21.txt`."""
    number = _NUMBER.search(file)
    return "B" if number is not None and int(number.group(1)) >= FIRST_OF_HALF_B else "A"


class MarkupError(ValueError):
    """Entity marks that cannot be read; the message names the rule."""


def parse_marked(marked: str) -> tuple[str, tuple[Span, ...]]:
    """Plain text and its spans; raises `MarkupError`."""
    text, spans, done = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[done : match.start()]
        done = match.end()
        if match["stray"]:
            raise MarkupError("a bracket opens `[text]{TYPE}`; a literal one is written `\\[`")
        if match["literal"]:
            text += match["literal"]
            continue
        spans.append(_span(len(text), match["inner"], match["type"]))
        text += match["inner"]
    return text + marked[done:], tuple(spans)


def _span(start: int, inner: str, name: str) -> Span:
    if name not in ENTITY_TYPES:
        raise MarkupError(f"entity type {name!r}; it is one of {', '.join(ENTITY_TYPES)}")
    if not inner or inner != inner.strip():
        raise MarkupError("a mark holds text without spaces at its ends")
    return Span(start, start + len(inner), name)


def parse_row(line: str, language: str, situation: str) -> tuple[Row, str] | str:
    """A row and its conversation intent ("" if none is written), or the rule that is broken."""
    head, bar, marked = line.partition("|")
    found = head.split()
    if not bar or len(found) != len(FIELDS):
        return f"a row is `{' '.join(FIELDS)} | text`"
    category, intents, sentiment, anger = found
    intent, _, conversation_intent = intents.partition("/")
    broken = _wrong_label(category, (intent, conversation_intent or intent), sentiment, anger)
    if broken:
        return broken
    try:
        text, spans = parse_marked(marked.strip())
    except MarkupError as error:
        return str(error)
    if not text.strip():
        return "a row has a text"
    row = Row(
        text=text,
        language=language,
        source=OWN,
        situation=situation,
        category=CATEGORY_MARKS[category],
        intent=intent,
        sentiment=SENTIMENT_MARKS[sentiment],
        anger=reached_levels(int(anger)),
        spans=spans,
    )
    return row, conversation_intent


def _wrong_label(category: str, intents: tuple[str, ...], sentiment: str, anger: str) -> str:
    rules = [(category, "category", tuple(CATEGORY_MARKS))]
    rules += [(intent, "intent", INTENTS) for intent in intents]
    rules += [(sentiment, "sentiment", tuple(SENTIMENT_MARKS)), (anger, "anger", ANGER_MARKS)]
    for value, name, known in rules:
        if value not in known:
            return f"{name} {value!r}; it is one of {', '.join(known)}"
    return ""


def parse_heading(line: str) -> tuple[str, str, tuple[int, int] | None] | None:
    """Name, kind and opening turns of a `== name | kind=...` line; None if it is malformed."""
    match = _HEADING.fullmatch(line.strip())
    if match is None or match["kind"] not in KINDS:
        return None
    opens = (int(match["first"]), int(match["last"])) if match["first"] else None
    if (opens is None) != (match["kind"] == NO_ESCALATION):
        return None
    return match["name"], match["kind"], opens


def language_of(path: Path) -> str:
    """Language of a corpus file: its folder."""
    return path.parent.name
