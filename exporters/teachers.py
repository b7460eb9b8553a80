"""What teachers say of texts whose labels nobody wrote: soft labels and, for some, vectors.

The ensemble: logistic regression over TF-IDF and, where a sentence encoder is at hand, over its
vectors, both fitted to the rows that follow this project's rules: own ones, and those that somebody
read again. Writes nothing; a run keeps no text of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, SGDClassifier

from exporters.baseline import text_features
from exporters.encoding import NOT_TAUGHT
from exporters.labels import CHOICE_HEADS, LABELS, MAX_ANGER, Head
from exporters.rereading import text_hash
from exporters.rows import Row
from exporters.sentence_encoder import Vectors, vectors_of

LANGUAGE_OF_ENCODER = "en"
SHORT_CHARS = 110
"""Longer texts are seldom chat, and cost an encoder most."""

_LEAST_CHANCE = 1e-4

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Teaching:
    """Soft labels [texts, labels] by head, vectors [texts, width] (0 where unknown), by text."""

    places: dict[str, int]
    soft: dict[Head, torch.Tensor]
    vectors: torch.Tensor | None

    def place(self, text: str) -> int:
        """Row of the text, or `NOT_TAUGHT`."""
        return self.places.get(text, NOT_TAUGHT)


@dataclass(frozen=True, slots=True)
class Encoder:
    """A sentence encoder's folder, where its vectors are kept, and how many may be made."""

    folder: Path
    cache: Path
    texts: int


def taught_by(own: Sequence[Row], public: Sequence[Row], encoder: Encoder | None) -> Teaching:
    """What teachers fitted to own rows, and to public ones read again, say of all texts."""
    read = [*own, *(row for row in public if row.reread)]
    texts = {row.text: row.language for row in (*own, *public)}
    places = {text: at for at, text in enumerate(texts)}
    heads: tuple[Head, ...] = (*CHOICE_HEADS, "anger")
    soft = {head: torch.zeros(len(texts), len(LABELS[head])) for head in heads}
    known = _vectors(read, texts, encoder) if encoder is not None else {}
    for language in sorted(set(texts.values())):
        learned = [row for row in read if row.language == language]
        asked = [text for text, each in texts.items() if each == language]
        spoken = known if language == LANGUAGE_OF_ENCODER else {}
        for group, vectors in (
            ([text for text in asked if text in spoken], spoken),
            ([text for text in asked if text not in spoken], {}),
        ):
            for head, chances in _answers(learned, group, vectors).items():
                soft[head][[places[text] for text in group]] = torch.from_numpy(chances).float()
    return Teaching(places, soft, _table(known, places))


def vectors_taught(own: Sequence[Row], public: Sequence[Row], encoder: Encoder) -> Teaching:
    """Vectors alone, for a training without labels."""
    texts = {row.text: row.language for row in (*own, *public)}
    places = {text: at for at, text in enumerate(texts)}
    return Teaching(places, {}, _table(_vectors(own, texts, encoder), places))


def _vectors(read: Sequence[Row], texts: dict[str, str], encoder: Encoder) -> dict[str, Vectors]:
    """Vectors of the texts read by people, and of so many short other ones, in its language."""
    mine = [row.text for row in read if row.language == LANGUAGE_OF_ENCODER]
    others = [
        text
        for text, language in texts.items()
        if language == LANGUAGE_OF_ENCODER and len(text) <= SHORT_CHARS
    ]
    others.sort(key=text_hash)
    known = vectors_of(mine, len(mine), encoder.folder, encoder.cache)
    more = max(0, encoder.texts - len(mine))
    return known | vectors_of(others, more, encoder.folder, encoder.cache)


def _table(known: dict[str, Vectors], places: dict[str, int]) -> torch.Tensor | None:
    if not known:
        return None
    width = len(next(iter(known.values())))
    table = torch.zeros(len(places), width)
    found = np.stack(list(known.values())).astype(np.float32)
    table[[places[text] for text in known]] = torch.from_numpy(found)
    return table


def _answers(
    learned: Sequence[Row], asked: Sequence[str], vectors: dict[str, Vectors]
) -> dict[Head, Floats]:
    """Chances of every label of every head for the texts."""
    if not learned or not asked:
        return {}
    features = text_features(learned[0].language)
    views = [(features.fit_transform([row.text for row in learned]), features.transform(asked))]
    if vectors:
        of_learned = np.stack([vectors[row.text] for row in learned]).astype(np.float32)
        views.append((of_learned, np.stack([vectors[text] for text in asked]).astype(np.float32)))
    found: dict[Head, Floats] = {}
    for head in CHOICE_HEADS:
        wanted = [getattr(row, head) for row in learned]
        found[head] = _mixed(views, wanted, LABELS[head])
    levels = []
    for level in range(MAX_ANGER):
        reached = [str(row.anger[level]) if row.anger else None for row in learned]
        levels.append(_mixed(views, reached, ("0", "1"))[:, 1])
    found["anger"] = np.stack(levels, axis=1)
    return found


def _models() -> tuple[Any, Any]:
    """One for the sparse n-grams, by gradient steps for speed, and one for the vectors."""
    return (
        SGDClassifier(loss="log_loss", alpha=1e-5, class_weight="balanced", random_state=1),
        LogisticRegression(C=20.0, max_iter=200, class_weight="balanced"),
    )


def _mixed(
    views: Sequence[tuple[Any, Any]],
    wanted: Sequence[str | None],
    labels: Sequence[str],
) -> Floats:
    """The teachers' chances, multiplied and made to sum to 1."""
    known = [at for at, label in enumerate(wanted) if label is not None]
    targets = [wanted[at] for at in known]
    total = np.zeros((views[0][1].shape[0], len(labels)))
    if len(set(targets)) < 2:
        return np.full_like(total, 1 / len(labels))
    for (fitted, asked), model in zip(views, _models(), strict=False):
        model.fit(fitted[known], targets)
        chances = np.full_like(total, _LEAST_CHANCE)
        chances[:, [labels.index(str(one)) for one in model.classes_]] = model.predict_proba(asked)
        total += np.log(chances.clip(_LEAST_CHANCE)) / len(views)
    grown = np.exp(total - total.max(axis=1, keepdims=True))
    result: Floats = grown / grown.sum(axis=1, keepdims=True)
    return result
