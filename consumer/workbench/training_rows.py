"""Rows for `chat-models train --data`, and lines for people to label; all of them masked."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from consumer.contract.known_values import CATEGORIES
from consumer.workbench.feedback_topics import Asked
from consumer.workbench.masking import masked_text

SOURCE = "custom:feedback"
TRAIN, DEV = "train", "dev"
FILE = "feedback.jsonl"
REVIEW_FILE = "review.jsonl"
# One row in so many measures and does not train; the text decides, so that it stays where it is.
_DEV_ONE_IN = 10
_INTENT, _CATEGORY = "intent", "class3"


class Counts(Struct, frozen=True):
    """Rows by what they are for."""

    train: int
    dev: int


class ReviewError(Exception):
    """A line of a review file that cannot be used."""


class Review(Struct, frozen=True, kw_only=True):
    """A decision to look at. A person fills `intent` and `category`, either or both."""

    text: str
    lang: str
    guessed: dict[str, Any] = {}
    decision_id: str = ""
    intent: str = ""
    category: str = ""


def rows_of(asked: Iterable[Asked]) -> Iterator[dict[str, str]]:
    """What people corrected, one row for each label."""
    for one in asked:
        decision, override = one.decided.decision, one.decided.override
        if override is None:
            continue
        text = masked_text(one.text, decision.entities)
        labels = (override.intent, override.category)
        yield from _rows(text, decision.language.code, *labels)


def reviews_of(asked: Iterable[Asked]) -> Iterator[Review]:
    """Lines for people, with what the models guessed."""
    for one in asked:
        decision = one.decided.decision
        guessed = {
            "category": {k: round(v, 3) for k, v in decision.category.scores.items()},
            "intent": {c.name: round(c.confidence, 3) for c in decision.intent.candidates},
        }
        yield Review(
            text=masked_text(one.text, decision.entities),
            lang=decision.language.code,
            guessed=guessed,
            decision_id=decision.decision_id,
        )


def reviewed_rows(path: Path, intents: frozenset[str]) -> Iterator[dict[str, str]]:
    """Rows of a review file that people have filled in.

    Raises:
        OSError: it cannot be read.
        ReviewError: a line has another shape, or a label that the models do not know.
    """
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            review = msgspec.json.decode(line, type=Review)
        except msgspec.MsgspecError as error:
            message = f"{path.name}:{number}: {str(error).partition(' - at')[0]}"
            raise ReviewError(message) from None
        for value, known, name in (
            (review.intent, intents, "intent"),
            (review.category, frozenset(CATEGORIES), "category"),
        ):
            if value and value not in known:
                message = f"{path.name}:{number}: {name} is none of {', '.join(sorted(known))}"
                raise ReviewError(message)
        yield from _rows(review.text, review.lang, review.intent, review.category)


def write_rows(folder: Path, rows: Iterable[dict[str, str]]) -> Counts:
    """Writes `train/` and `dev/`, in the layout that `chat-models` reads; both, even if empty."""
    parts: dict[str, list[bytes]] = {TRAIN: [], DEV: []}
    for row in rows:
        parts[_part(row["text"])].append(msgspec.json.encode(row))
    for part, lines in parts.items():
        (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / part / FILE).write_bytes(b"".join(line + b"\n" for line in lines))
    return Counts(len(parts[TRAIN]), len(parts[DEV]))


def write_reviews(folder: Path, reviews: Iterable[Review]) -> int:
    """Writes the lines for people."""
    lines = [msgspec.json.encode(review) for review in reviews]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / REVIEW_FILE).write_bytes(b"".join(line + b"\n" for line in lines))
    return len(lines)


def _rows(
    text: str, language: str, intent: str | None, category: str | None
) -> Iterator[dict[str, str]]:
    for task, label in ((_INTENT, intent), (_CATEGORY, category)):
        if label:
            yield {"task": task, "label": label, "text": text, "lang": language, "source": SOURCE}


def _part(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return DEV if digest[0] % _DEV_ONE_IN == 0 else TRAIN
