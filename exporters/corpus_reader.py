"""Walks the files of a corpus folder and gathers its rows, conversations and problems.

One language a folder (`en/`, `zh/`), any number of files. Says nothing of balance or duplicates:
that is `corpus_lint.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from exporters.corpus_format import (
    SPEAKERS,
    Conversation,
    ConversationTurn,
    LabelledRow,
    Problem,
    language_of,
    parse_heading,
    parse_row,
)
from exporters.rows import OWN_TURNS, Row

CORPUS_FOLDER = Path(__file__).parent / "corpus"
LANGUAGES = ("en", "zh")
_CONVERSATIONS = "conversations"
_SITUATION = "## situation:"


@dataclass(slots=True)
class Corpus:
    """All that was read. `rows` holds single messages, `turn_rows` customers' turns."""

    rows: list[LabelledRow] = field(default_factory=list)
    turn_rows: list[LabelledRow] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def every_row(self) -> list[Row]:
        """Messages and customers' turns alike."""
        return [one.row for one in (*self.rows, *self.turn_rows)]


def read_corpus(folder: Path = CORPUS_FOLDER) -> Corpus:
    """Reads every text file of the language folders."""
    corpus = Corpus()
    for language in LANGUAGES:
        for path in sorted((folder / language).glob("*.txt")):
            if path.name.startswith(_CONVERSATIONS):
                _read_conversations(path, corpus)
            else:
                _read_messages(path, corpus)
    return corpus


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            yield number, line


def _label(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _read_messages(path: Path, corpus: Corpus) -> None:
    situation = ""
    for number, line in _lines(path):
        if line.startswith(_SITUATION):
            situation = line.removeprefix(_SITUATION).strip()
        elif not line.startswith("#"):
            parsed = parse_row(line, language_of(path), situation)
            if isinstance(parsed, str):
                corpus.problems.append(Problem(_label(path), number, "row", parsed))
            elif not situation:
                rule = "every row stands under a `## situation: name`"
                corpus.problems.append(Problem(_label(path), number, "row", rule))
            else:
                corpus.rows.append(LabelledRow(parsed[0], _label(path), number))


@dataclass(slots=True)
class _Open:
    """The conversation that is being read."""

    name: str
    kind: str
    opens: tuple[int, int] | None
    line: int
    turns: list[ConversationTurn] = field(default_factory=list)


def _read_conversations(path: Path, corpus: Corpus) -> None:
    current: _Open | None = None
    for number, line in _lines(path):
        if line.startswith("=="):
            _close(current, path, corpus)
            heading = parse_heading(line)
            current = None if heading is None else _Open(*heading, number)
            if heading is None:
                rule = "`== name | kind=none` or `== name | kind=anger open=3..4`"
                corpus.problems.append(Problem(_label(path), number, "heading", rule))
        elif not line.startswith("#"):
            _read_turn(line, number, path, current, corpus)
    _close(current, path, corpus)


def _read_turn(line: str, number: int, path: Path, current: _Open | None, corpus: Corpus) -> None:
    mark, _, rest = line.strip().partition(" ")
    if current is None or mark not in SPEAKERS:
        rule = "a turn stands under a heading and starts with C, A, B or S"
        corpus.problems.append(Problem(_label(path), number, "turn", rule))
    elif mark == "C":
        parsed = parse_row(rest, language_of(path), current.name)
        if isinstance(parsed, str):
            corpus.problems.append(Problem(_label(path), number, "turn", parsed))
            return
        row, intent = replace(parsed[0], source=OWN_TURNS), parsed[1]
        corpus.turn_rows.append(LabelledRow(row, _label(path), number))
        current.turns.append(ConversationTurn("customer", row.text, row, intent or row.intent))
    else:
        text = rest.strip().removeprefix("|").strip()
        current.turns.append(ConversationTurn(SPEAKERS[mark], text))


def _close(current: _Open | None, path: Path, corpus: Corpus) -> None:
    if current is None:
        return
    customers = sum(turn.row is not None for turn in current.turns)
    first, last = current.opens or (1, 1)
    if not 1 <= first <= last <= customers:
        rule = f"open=first..last counts customer turns, 1 to {customers}"
        corpus.problems.append(Problem(_label(path), current.line, f"{first}..{last}", rule))
    corpus.conversations.append(
        Conversation(
            name=current.name,
            language=language_of(path),
            kind=current.kind,
            opens=current.opens,
            turns=tuple(current.turns),
            file=_label(path),
            line=current.line,
        )
    )
