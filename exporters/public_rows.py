"""Reads public labelled rows (JSONL) from a folder given by the user. Nothing of them is shipped.

`train/` rows become training rows, only of sources that allow it; `dev/` rows are for measuring
and may be of any source. Public rows never train the category head: their source gives it away.
Rows whose source is `custom` are the user's own and train whatever they are labelled for. Rows of
the task `unlabelled` learn what the teachers say of them.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from exporters.labelled_lines import Item, read_items
from exporters.labels import MAX_ANGER
from exporters.problems import SettingError
from exporters.rereading import text_hash
from exporters.rows import UNKNOWN, Row, Span
from exporters.sources import CUSTOM, SOURCES, source_id, trainable_source

TRAIN, DEV = "train", "dev"
WEAK_WEIGHT = 0.3
"""Of weak labels, and of public intents: their mapping to ours is rough."""

PUBLIC_WEIGHT = 0.5
_WEAK_QUALITIES = ("weak", "silver", "assumed")
Refused = list[SettingError] | None
"""Where bad rows go, if they are to be passed over."""

_CALM = (0,) * MAX_ANGER
_ANGRY = (1,) + (UNKNOWN,) * (MAX_ANGER - 1)
"""Public labels tell that there is anger, not how much."""


def read_training_rows(
    folder: Path, refused: Refused = None, read_again: Container[str] = ()
) -> list[Row]:
    """Rows of `train/` that have a label to learn; rows of the same text are one row.

    `read_again` knows the hashes of texts that get labels elsewhere.
    """
    merged: dict[tuple[str, str], Row] = {}
    for item in _items(folder / TRAIN, refused):
        source = trainable_source(item.source)
        row = _row(item, category=source_id(item.source) == CUSTOM)
        taught = item.task == "unlabelled" or text_hash(item.text) in read_again
        if _learns_nothing(row) and not taught:
            continue
        row = replace(row, marked_types=source.marked_types)
        key = (row.source, row.text)
        before = merged.get(key)
        merged[key] = row if before is None else _join(before, row)
    return list(merged.values())


def read_dev_rows(folder: Path, refused: Refused = None, learned: Container[str] = ()) -> list[Row]:
    """Rows of `dev/`, for measuring only; here the category label counts too.

    Rows with a text that is `learned` break a rule.
    """
    rows = []
    for item in _items(folder / DEV, refused, learned):
        source = SOURCES.get(source_id(item.source))
        marked = source.marked_types if source else frozenset[str]()
        rows.append(replace(_row(item, category=True), marked_types=marked))
    return rows


def sample_by_source(rows: Iterable[Row], most: int, seed: int = 7) -> list[Row]:
    """At most so many rows of each source, language and set of labels; the same every time."""
    groups: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        labels = (row.category, row.intent, row.sentiment, row.anger, row.spans)
        groups[row.source, row.language, *(one is None for one in labels)].append(row)
    rng = Random(seed)  # noqa: S311 - draws rows, keeps no secret
    return [row for each in groups.values() for row in rng.sample(each, min(most, len(each)))]


def _items(folder: Path, refused: Refused, learned: Container[str] = ()) -> Iterator[Item]:
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise SettingError("--data", folder, "the folder holds train/*.jsonl and dev/*.jsonl")
    for path in files:
        yield from read_items(path, refused, learned)


def _row(item: Item, category: bool) -> Row:
    task, label = item.task, item.label
    weak = item.quality.startswith(_WEAK_QUALITIES)
    return Row(
        text=item.text,
        language=item.lang,
        source=source_id(item.source),
        category=label if task == "class3" and category else None,
        intent=label if task == "intent" else None,
        sentiment=label if task == "sentiment" else None,
        anger=_anger(item),
        spans=tuple(Span(*one) for one in label) if task == "tagger" else None,
        weight=_weight(item, weak),
        weak=weak,
    )


def _weight(item: Item, weak: bool) -> float:
    if source_id(item.source) == CUSTOM:
        return WEAK_WEIGHT if weak else 1.0
    return WEAK_WEIGHT if weak or item.task == "intent" else PUBLIC_WEIGHT


def _anger(item: Item) -> tuple[int, ...] | None:
    if item.task == "anger":
        return _ANGRY if item.label == "anger" else _CALM
    if item.task == "sentiment" and item.anger is not None:
        return _ANGRY if item.anger else _CALM
    return None


def _learns_nothing(row: Row) -> bool:
    labels = (row.category, row.intent, row.sentiment, row.anger, row.spans)
    return all(one is None for one in labels)


def _join(one: Row, other: Row) -> Row:
    """Labels of both; the first one's where both have a label."""
    return replace(
        one,
        category=one.category or other.category,
        intent=one.intent or other.intent,
        sentiment=one.sentiment or other.sentiment,
        anger=one.anger if one.anger is not None else other.anger,
        spans=one.spans if one.spans is not None else other.spans,
        weight=min(one.weight, other.weight),
        weak=one.weak or other.weak,
    )
