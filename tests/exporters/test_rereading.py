"""Public rows that somebody read again: labels by hash, without the text."""

import json
from pathlib import Path

import pytest

from exporters.problems import SettingError
from exporters.rereading import TABLES, Reading, read_table, reread, text_hash
from exporters.rows import ALL_TYPES, Row, Span
from exporters.sources import SOURCES

TEXT = "made up for a test 12"


def table_with(tmp_path: Path, **labels: object) -> Path:
    file = tmp_path / "table.jsonl"
    file.write_text(json.dumps({"sha256": text_hash(TEXT)} | labels) + "\n", encoding="utf-8")
    return file


def row(text: str = TEXT, spans: tuple[Span, ...] | None = None) -> Row:
    marked = frozenset({"AMOUNT"})
    return Row(text, "en", "afqmc", intent="order", spans=spans, marked_types=marked, weight=0.3)


def reading(text: str, category: str, intent: str) -> tuple[str, Reading]:
    return text_hash(text), Reading(text_hash(text), category, intent, "neutral", 0)


def test_a_reading_replaces_the_labels_of_its_text_in_full_weight(tmp_path: Path) -> None:
    table = read_table([table_with(tmp_path, sentiment="negative", anger=2)])
    found, other = reread([row(), row("another")], table)
    assert (found.sentiment, found.anger, found.weight, found.reread) == (
        "negative",
        (1, 1, 0),
        1.0,
        True,
    )
    assert other == row("another")


def test_spans_come_from_the_reading_only_where_the_source_marks_none(tmp_path: Path) -> None:
    table = read_table([table_with(tmp_path, spans=[[0, 4, "PRODUCT"]])])
    marked = (Span(19, 21, "AMOUNT"),)
    bare, own = reread([row(), row(spans=marked)], table)
    assert (bare.spans, bare.marked_types) == ((Span(0, 4, "PRODUCT"),), ALL_TYPES)
    assert (own.spans, own.marked_types) == (marked, frozenset({"AMOUNT"}))


def test_a_head_that_the_source_gives_away_is_not_taught() -> None:
    texts = [f"text {number}" for number in range(40)]
    readings = dict(
        reading(text, "query" if at else "complaint", ("order", "payment")[at % 2])
        for at, text in enumerate(texts)
    )
    found = reread([row(text) for text in texts], readings)
    assert {one.category for one in found} == {None}
    assert {one.intent for one in found} == {"order", "payment"}


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"intent": "weather"}, "intent is one of"),
        ({"anger": 4}, "anger"),
        ({"spans": [[0, 4, "THING"]]}, "a type is one of"),
        ({"text": TEXT}, "text"),
    ],
)
def test_a_bad_line_is_named_with_file_and_line(
    tmp_path: Path, labels: dict[str, object], said: str
) -> None:
    with pytest.raises(SettingError, match=said) as refused:
        read_table([table_with(tmp_path, **labels)])
    assert "table.jsonl:1" in str(refused.value)


def test_the_shipped_tables_are_valid_and_hold_no_source_that_must_not_train() -> None:
    files = sorted(TABLES.glob("*.jsonl"))
    assert len(read_table(files)) > 20_000
    assert all(SOURCES[file.stem].group != "evaluation_only" for file in files)
