"""Rows that leave the topics hold nobody, and are rows that training accepts."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from consumer.contract.decision import Entity, RoutingDecided
from consumer.contract.message import DecisionOverridden
from consumer.workbench.feedback_topics import Asked, Decided
from consumer.workbench.masking import masked_text
from consumer.workbench.training_rows import (
    ReviewError,
    reviewed_rows,
    reviews_of,
    rows_of,
    write_reviews,
    write_rows,
)
from exporters.public_rows import read_dev_rows, read_training_rows
from tests.routing.builders import INTENTS, Story


def entity(kind: str, text: str, part: str) -> Entity:
    start = text.index(part)
    return Entity(kind, "***", "***", start, start + len(part), 0.9, "model")


@pytest.mark.parametrize(
    ("text", "tagged", "masked"),
    [
        ("call 13800138000 please", [], "call 00000000000 please"),
        ("my mail is li.lei@example.com", [], "my mail is xx.xxx@xxxxxxx.xxx"),
        ("order JD20260101888 is late", [], "order xx00000000000 is late"),
        ("寄到杭州市文三路1号", [("ADDRESS", "杭州市文三路1号")], "寄到某某某某某某0某"),
        ("I am Li Lei", [("PERSON", "Li Lei")], "I am xx xxx"),
        ("card 4111 1111 1111 1111", [], "card 0000 0000 0000 0000"),
        ("身份证11010519491231002X", [], "身份证00000000000000000x"),
        ("号码是１３８００１３８０００", [], "号码是00000000000"),
        ("something 123456 unnamed", [], "something 000000 unnamed"),
        ("two boxes of 12", [], "two boxes of 12"),
        ("", [], ""),
    ],
)
def test_what_is_personal_keeps_its_shape_only(
    text: str, tagged: list[tuple[str, str]], masked: str
) -> None:
    assert masked_text(text, [entity(kind, text, part) for kind, part in tagged]) == masked


def asked(text: str, intent: str | None = None, category: str | None = None) -> Asked:
    decision = Story().says(0, text=text).decision
    assert isinstance(decision, RoutingDecided)
    override = DecisionOverridden(
        conversation_id="c", decision_id="d", intent=intent, category=category
    )
    return Asked(Decided(decision, override if intent or category else None), text)


def test_corrections_are_rows_that_training_accepts(tmp_path: Path) -> None:
    said = [
        asked(f"where is parcel number {number}", intent="delivery", category="complaint")
        for number in range(40)
    ]
    counts = write_rows(tmp_path, rows_of(said))
    assert counts.train + counts.dev == 80
    assert counts.dev > 0
    rows = [*read_training_rows(tmp_path), *read_dev_rows(tmp_path)]
    assert {(row.category, row.intent) for row in read_training_rows(tmp_path)} == {
        ("complaint", "delivery")
    }
    assert {row.text for row in rows} == {one.text for one in said}
    assert {row.language for row in rows} == {"en"}


def test_no_rows_are_still_files_that_can_be_read(tmp_path: Path) -> None:
    write_rows(tmp_path, [])
    assert read_training_rows(tmp_path) == []
    assert read_dev_rows(tmp_path) == []


def test_what_people_label_of_the_unsure_becomes_rows(tmp_path: Path) -> None:
    assert write_reviews(tmp_path, reviews_of([asked("call 13800138000"), asked("b")])) == 2
    path = tmp_path / "review.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["text"] for line in lines] == ["call 00000000000", "b"]
    assert lines[0]["guessed"]["intent"]["delivery"] == 0.9
    lines[0]["intent"] = "contact_agent"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    rows = list(reviewed_rows(path, frozenset(INTENTS)))
    assert [(row["task"], row["label"]) for row in rows] == [("intent", "contact_agent")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", r"review\.jsonl:1: "),
        ('{"text": "secret"}', r"review\.jsonl:1: Object missing required field `lang`"),
        ('{"text": "secret", "lang": "en", "intent": "typo"}', r":1: intent is none of account"),
        ('{"text": "secret", "lang": "en", "category": "typo"}', r":1: category is none of compl"),
    ],
)
def test_a_review_that_cannot_be_used_is_named_without_its_text(
    tmp_path: Path, line: str, said: str
) -> None:
    path = tmp_path / "review.jsonl"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(ReviewError, match=said) as caught:
        list(reviewed_rows(path, frozenset(INTENTS)))
    assert "secret" not in str(caught.value)


def test_an_override_without_a_label_is_no_row() -> None:
    one = asked("hello")
    target_only = DecisionOverridden(conversation_id="c", decision_id="d")
    assert list(rows_of([replace(one, decided=Decided(one.decided.decision, target_only))])) == []
