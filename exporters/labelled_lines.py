"""Reads labelled JSONL line by line and refuses what cannot be learned, with file and line.

Knows the shape of a line; what a source may be used for is `public_rows.py`.
"""

from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from exporters.labels import ENTITY_TYPES, LABELS, Head
from exporters.problems import SettingError

Task = Literal[
    "class3", "intent", "tagger", "sentiment", "anger", "suggestion_binary", "unlabelled"
]
_HEADS: dict[str, Head] = {"class3": "category", "intent": "intent", "sentiment": "sentiment"}
_BINARY = {"anger": ("anger", "not_anger"), "suggestion_binary": ("suggestion", "not_suggestion")}
_LANGUAGES = ("en", "zh")


class Item(Struct, frozen=True):
    """One line. Other keys are ignored; `label` depends on the task."""

    text: str
    task: Task
    lang: str
    source: str
    label: Any = None
    quality: str = ""
    anger: int | None = None


def read_items(
    path: Path, refused: list[SettingError] | None = None, learned: Container[str] = ()
) -> Iterator[Item]:
    """Lines of a file; raises `SettingError` at the first that breaks a rule.

    With a list for them, lines that break a rule go there and the others are read on. `learned`
    are texts that must not stand here.
    """
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield _item(line, f"{path}:{number}", learned)
        except SettingError as error:
            if refused is None:
                raise
            refused.append(error)


def _item(line: bytes, place: str, learned: Container[str]) -> Item:
    try:
        item = msgspec.json.decode(line, type=Item)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SettingError("--data", place, f"UTF-8 JSON of a labelled row: {error}") from error
    _check(item, place)
    if item.text in learned:
        raise SettingError(place, "a text of train/", "what is learned is not measured: drop one")
    return item


def _check(item: Item, place: str) -> None:
    if not item.text.strip():
        raise SettingError(place, "empty text", "a row has a text")
    if item.lang not in _LANGUAGES:
        raise SettingError(place, item.lang, f"lang is one of {', '.join(_LANGUAGES)}")
    if item.task == "tagger":
        _check_spans(item, place)
    elif item.task != "unlabelled":
        head = _HEADS.get(item.task)
        known = LABELS[head] if head else _BINARY[item.task]
        if item.label not in known:
            raise SettingError(place, item.label, f"{item.task}: one of {', '.join(known)}")


def _check_spans(item: Item, place: str) -> None:
    if not isinstance(item.label, list):
        raise SettingError(place, item.label, "tagger: a list of [start, end, TYPE]")
    for span in item.label:
        match span:
            case [int(start), int(end), str(name)] if name in ENTITY_TYPES:
                if not 0 <= start < end <= len(item.text):
                    rule = f"a span lies within the {len(item.text)} characters of its text"
                    raise SettingError(place, f"{start}..{end}", rule)
            case _:
                rule = f"tagger: [start, end, TYPE], TYPE one of {', '.join(ENTITY_TYPES)}"
                raise SettingError(place, span, rule)
