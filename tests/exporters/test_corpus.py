from pathlib import Path
from random import Random

import pytest

from exporters.corpus_counts import count_tables, minimums_table
from exporters.corpus_format import MarkupError, parse_heading, parse_marked, parse_row
from exporters.corpus_lint import problems_of
from exporters.corpus_reader import read_corpus
from exporters.rows import Span
from exporters.similar_texts import similar_pairs, trigrams
from exporters.splits import split_by_situation
from tests.exporters.tiny_corpus import SITUATIONS, write_corpus


@pytest.mark.parametrize(
    ("marked", "text", "spans"),
    [
        ("plain", "plain", ()),
        ("my [kettle]{PRODUCT}!", "my kettle!", (Span(3, 9, "PRODUCT"),)),
        ("[a]{ORG}[b]{BRAND}", "ab", (Span(0, 1, "ORG"), Span(1, 2, "BRAND"))),
        (r"a \[note\] stays", "a [note] stays", ()),
        ("到[明天]{DATE}吗", "到明天吗", (Span(1, 3, "DATE"),)),
    ],
)
def test_marks_become_spans_of_the_plain_text(
    marked: str, text: str, spans: tuple[Span, ...]
) -> None:
    assert parse_marked(marked) == (text, spans)


@pytest.mark.parametrize(
    "marked", ["[open", "[a]{NOTHING}", "[ a]{ORG}", "[]{ORG}", "[[a]{ORG} b]{ORG}", "[a] {ORG}"]
)
def test_broken_marks_are_refused(marked: str) -> None:
    with pytest.raises(MarkupError):
        parse_marked(marked)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("x delivery 0 0 | hi", "category 'x'"),
        ("q shipping 0 0 | hi", "intent 'shipping'"),
        ("q delivery/shipping 0 0 | hi", "intent 'shipping'"),
        ("q delivery ? 0 | hi", "sentiment '?'"),
        ("q delivery 0 4 | hi", "anger '4'"),
        ("q delivery 0 | hi", "a row is"),
        ("q delivery 0 0 hi", "a row is"),
        ("q delivery 0 0 | ", "a row has a text"),
        ("q delivery 0 0 | [hi", "a bracket opens"),
    ],
)
def test_a_bad_row_is_a_value_that_names_the_rule(line: str, named: str) -> None:
    found = parse_row(line, "en", "case")
    assert isinstance(found, str)
    assert named in found


def test_a_row_carries_its_labels_and_the_intent_of_its_conversation() -> None:
    found = parse_row("c delivery/refund_return - 2 | late [today]{DATE}", "en", "case")
    assert not isinstance(found, str)
    row, intent = found
    assert (row.category, row.intent, row.sentiment) == ("complaint", "delivery", "negative")
    assert row.anger == (1, 1, 0)
    assert row.spans == (Span(5, 10, "DATE"),)
    assert intent == "refund_return"


@pytest.mark.parametrize(
    ("line", "parsed"),
    [
        ("== a-1 | kind=none", ("a-1", "none", None)),
        ("== a-1 | kind=anger open=2..3", ("a-1", "anger", (2, 3))),
        ("== a-1 | kind=none open=1..2", None),
        ("== a-1 | kind=anger", None),
        ("== a-1 | kind=joy open=1..2", None),
        ("== a 1 | kind=none", None),
    ],
)
def test_headings_name_a_kind_and_its_opening_turns(line: str, parsed: object) -> None:
    assert parse_heading(line) == parsed


def test_a_corpus_gives_messages_turns_and_conversations(tmp_path: Path) -> None:
    corpus = read_corpus(write_corpus(tmp_path))
    assert corpus.problems == []
    assert len(corpus.rows) == 2 * 3 * SITUATIONS
    assert [row.row.intent for row in corpus.turn_rows[:3]] == ["order", "order", "other"]
    assert corpus.conversations[0].opens == (2, 2)
    speakers = [turn.speaker for turn in corpus.conversations[0].turns]
    assert speakers == ["customer", "bot", "customer", "agent"]
    assert corpus.conversations[1].turns[0].conversation_intent == "order"


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("messages.txt", "q other 0 0 | hi\n", "stands under"),
        (
            "messages.txt",
            "## situation: a\nq other 0 0 | Hi  you\nq other 0 0 | hi you\n",
            "shares over 60%",
        ),
        (
            "messages.txt",
            "## situation: a\nq other 0 0 | where is my red kettle, it is late\n"
            "q other 0 0 | Where is my red kettle?? it is so late\n",
            "en/messages.txt:2",
        ),
        ("messages.txt", "## situation: a\nnonsense\n", "a row is"),
        ("conversations.txt", "C q other/other 0 0 | hi\n", "heading"),
        ("conversations.txt", "== a | kind=anger\n", "kind=none"),
        ("conversations.txt", "== a | kind=anger open=1..2\nC q other/other 0 0 | hi\n", "open="),
        (
            "conversations.txt",
            "== a | kind=none\nC q other/other 0 0 | hi\n" * 2,
            "the name stands already in en/conversations.txt:1",
        ),
        ("conversations.txt", "== a | kind=none\nX | hi\nC q other/other 0 0 | hi\n", "a turn"),
    ],
)
def test_lint_names_what_is_wrong_but_not_the_text(
    tmp_path: Path, name: str, content: str, rule: str
) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / name).write_text(content, encoding="utf-8")
    problems = problems_of(read_corpus(tmp_path))
    assert len(problems) == 1
    assert rule in problems[0].rule
    assert problems[0].file == f"en/{name}"


def test_a_conversation_name_is_of_one_half_in_both_languages(tmp_path: Path) -> None:
    for place in ("en/conversations_12.txt", "zh/conversations_21.txt"):
        (tmp_path / place).parent.mkdir()
        (tmp_path / place).write_text(
            "== a | kind=none\nC q other/other 0 0 | hi\n", encoding="utf-8"
        )
    (problem,) = problems_of(read_corpus(tmp_path))
    assert problem.file == "zh/conversations_21.txt"
    assert problem.rule == "en/conversations_12.txt:1 is of the other half"


def test_minimums_name_the_language_that_is_short(tmp_path: Path) -> None:
    table = minimums_table(read_corpus(write_corpus(tmp_path)))
    cells = {
        name: (*found, short)
        for name, *found, short in zip(
            *(column.cells for column in (table.columns[at] for at in (0, 2, 3, 4))), strict=True
        )
    }
    assert cells["category query"] == ("42", "42", "en, zh")
    assert cells["share without escalation"] == ("0.50", "0.50", "")


def test_similar_pairs_are_those_of_comparing_all_with_all() -> None:
    rng = Random(4)
    texts = ["".join(rng.choices("abcd ", k=rng.randint(0, 12))) for _ in range(120)]
    grams = [trigrams(text) for text in texts]
    wanted = {
        (one, other)
        for one in range(len(texts))
        for other in range(one)
        if len(grams[one] & grams[other]) / len(grams[one] | grams[other]) > 0.6
    }
    assert {pair[:2] for pair in similar_pairs(texts, 0.6)} == wanted
    assert wanted


def test_situations_are_held_out_whole(tmp_path: Path) -> None:
    learned, held_out = split_by_situation(read_corpus(write_corpus(tmp_path)).every_row())
    assert held_out
    assert not {row.situation for row in learned} & {row.situation for row in held_out}


def test_the_shipped_corpus_is_without_problems() -> None:
    corpus = read_corpus()
    assert corpus.rows
    assert [str(problem) for problem in problems_of(corpus)] == []
    assert count_tables(corpus)
