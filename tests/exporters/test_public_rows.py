import json
from pathlib import Path

import pytest

from exporters.problems import SettingError
from exporters.public_rows import read_dev_rows, read_training_rows
from exporters.rows import UNKNOWN, Span
from exporters.sources import SOURCES, trainable_source

EVALUATION_ONLY = ["airline", "csds_jddc", "lcqmc", "semeval19t9A", "tweeteval"]


def folder_with(tmp_path: Path, part: str, *items: dict[str, object]) -> Path:
    (tmp_path / part).mkdir()
    lines = [json.dumps({"lang": "en", "quality": "gold"} | item) for item in items]
    (tmp_path / part / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def item_line(one: dict[str, object]) -> bytes:
    return json.dumps({"lang": "en", "quality": "gold"} | one).encode()


def item(task: str, label: object, source: str = "bitext", **more: object) -> dict[str, object]:
    return {"text": "made up for a test 12", "task": task, "label": label, "source": source} | more


@pytest.mark.parametrize("source", [*EVALUATION_ONLY, "airline:2015"])
def test_weights_are_never_fitted_to_evaluation_only_sources(tmp_path: Path, source: str) -> None:
    data = folder_with(tmp_path, "train", item("sentiment", "negative", source))
    with pytest.raises(SettingError, match="evaluation only"):
        read_training_rows(data)


def test_the_evaluation_only_group_is_exactly_those_sources() -> None:
    found = sorted(name for name, one in SOURCES.items() if one.group == "evaluation_only")
    assert found == EVALUATION_ONLY


def test_a_source_that_nobody_listed_is_refused() -> None:
    with pytest.raises(SettingError, match=r"sources\.py"):
        trainable_source("found-somewhere")


def test_evaluation_only_sources_may_measure(tmp_path: Path) -> None:
    data = folder_with(tmp_path, "dev", item("class3", "complaint", "airline"))
    assert [row.category for row in read_dev_rows(data)] == ["complaint"]


def test_public_rows_never_train_the_category_head(tmp_path: Path) -> None:
    data = folder_with(
        tmp_path, "train", item("class3", "query"), item("intent", "order", "banking77")
    )
    rows = read_training_rows(data)
    assert [(row.category, row.intent) for row in rows] == [(None, "order")]


def test_rows_of_the_user_train_the_category_head_too(tmp_path: Path) -> None:
    data = folder_with(tmp_path, "train", item("class3", "complaint", "custom"))
    assert [(row.category, row.weight) for row in read_training_rows(data)] == [("complaint", 1.0)]


def test_labels_of_one_text_of_a_source_are_one_row(tmp_path: Path) -> None:
    data = folder_with(
        tmp_path, "train", item("intent", "order"), item("tagger", [[19, 21, "ORDER_ID"]])
    )
    (row,) = read_training_rows(data)
    assert row.intent == "order"
    assert row.spans == (Span(19, 21, "ORDER_ID"),)
    assert "PRODUCT" not in row.marked_types


@pytest.mark.parametrize(
    ("anger", "levels"), [(1, (1, UNKNOWN, UNKNOWN)), (0, (0, 0, 0)), (None, None)]
)
def test_public_anger_tells_whether_but_not_how_much(
    tmp_path: Path, anger: int | None, levels: tuple[int, ...] | None
) -> None:
    more = {} if anger is None else {"anger": anger}
    data = folder_with(tmp_path, "train", item("sentiment", "negative", "goemotions", **more))
    assert read_training_rows(data)[0].anger == levels


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (b'{"text": "hi"', "UTF-8 JSON"),
        ('{"text": "快递"}'.encode("gb18030"), "UTF-8 JSON"),
        (item_line(item("intent", "shipping")), "shipping: intent: one of order"),
        (item_line(item("class3", "rant")), "rant: class3: one of query"),
        (item_line(item("mood", "sad")), "UTF-8 JSON of a labelled row: Invalid enum value 'mood'"),
        (item_line(item("intent", "order", text=" ")), "empty text: a row has a text"),
        (item_line(item("intent", "order", lang="fr")), "fr: lang is one of en, zh"),
        (item_line(item("tagger", [[0, 99, "ORG"]])), "0..99: a span lies within the 21"),
        (item_line(item("tagger", [[3, 3, "ORG"]])), "3..3: a span lies within"),
        (item_line(item("tagger", [[0, 4, "SHOE"]])), "TYPE one of ORDER_ID"),
        (item_line(item("tagger", "B-ORG")), "a list of [start, end, TYPE]"),
    ],
)
def test_a_row_that_cannot_be_learned_is_named_by_file_and_line(
    tmp_path: Path, line: bytes, named: str
) -> None:
    (tmp_path / "train").mkdir()
    good = item_line(item("intent", "order"))
    (tmp_path / "train" / "rows.jsonl").write_bytes(good + b"\n" + line + b"\n" + good)
    with pytest.raises(SettingError) as raised:
        read_training_rows(tmp_path)
    assert "rows.jsonl:2" in str(raised.value)
    assert named in str(raised.value)
    refused: list[SettingError] = []
    assert len(read_training_rows(tmp_path, refused)) == 1
    assert [str(one) for one in refused] == [str(raised.value)]


def test_unlabelled_rows_are_there_for_the_teachers(tmp_path: Path) -> None:
    data = folder_with(tmp_path, "train", item("unlabelled", None))
    assert [row.text for row in read_training_rows(data)] == ["made up for a test 12"]


def test_a_folder_without_rows_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="--data"):
        read_training_rows(tmp_path)


def test_a_text_of_train_is_refused_in_dev_with_file_and_line(tmp_path: Path) -> None:
    row = item("sentiment", "negative", "custom")
    folder_with(tmp_path, "train", row)
    data = folder_with(tmp_path, "dev", item("intent", "order", "custom") | {"text": "new"}, row)
    learned = {one.text for one in read_training_rows(data)}
    with pytest.raises(SettingError, match=r"rows\.jsonl:2: a text of train/"):
        read_dev_rows(data, learned=learned)
