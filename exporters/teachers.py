"""What teachers say of texts whose labels nobody wrote: soft labels and, for some, vectors.

The ensemble: logistic regression over TF-IDF and, where a sentence encoder is at hand, over its
vectors, both fitted to the own rows. Writes nothing; a run keeps no text of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from exporters.baseline import text_features
from exporters.encoding import NOT_TAUGHT
from exporters.labels import CHOICE_HEADS, LABELS, MAX_ANGER, Head
from exporters.rows import Row
from exporters.sentence_encoder import vectors_of

LANGUAGE_OF_ENCODER = "en"
_LEAST_CHANCE = 1e-4
_ITERATIONS = 200
_LINEAR_C, _VECTOR_C = 4.0, 20.0

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


def taught_by(
    own: Sequence[Row], public: Sequence[Row], encoder: Path | None, cache: Path
) -> Teaching:
    """What teachers fitted to own rows say of all texts."""
    texts = {row.text: row.language for row in (*own, *public)}
    places = {text: at for at, text in enumerate(texts)}
    heads: tuple[Head, ...] = (*CHOICE_HEADS, "anger")
    soft = {head: torch.zeros(len(texts), len(LABELS[head])) for head in heads}
    vectors: torch.Tensor | None = None
    for language in sorted(set(texts.values())):
        learned = [row for row in own if row.language == language]
        asked = [text for text, each in texts.items() if each == language]
        known = None
        if encoder is not None and language == LANGUAGE_OF_ENCODER:
            known = vectors_of(asked, encoder, cache).astype(np.float32)
            vectors = torch.zeros(len(texts), known.shape[1])
            vectors[[places[text] for text in asked]] = torch.from_numpy(known)
        for head, chances in _answers(learned, asked, known).items():
            soft[head][[places[text] for text in asked]] = torch.from_numpy(chances).float()
    return Teaching(places, soft, vectors)


def _answers(
    learned: Sequence[Row], asked: Sequence[str], vectors: Floats | None
) -> dict[Head, Floats]:
    """Chances of every label of every head for the texts; the texts hold the learned ones."""
    if not learned:
        return {}
    features = text_features(learned[0].language)
    views = [(features.fit_transform([row.text for row in learned]), features.transform(asked))]
    strengths = [_LINEAR_C]
    if vectors is not None:
        at = {text: place for place, text in enumerate(asked)}
        views.append((vectors[[at[row.text] for row in learned]], vectors))
        strengths.append(_VECTOR_C)
    found: dict[Head, Floats] = {}
    for head in CHOICE_HEADS:
        wanted = [getattr(row, head) for row in learned]
        found[head] = _mixed(views, strengths, wanted, LABELS[head])
    levels = []
    for level in range(MAX_ANGER):
        reached = [str(row.anger[level]) if row.anger else "0" for row in learned]
        levels.append(_mixed(views, strengths, reached, ("0", "1"))[:, 1])
    found["anger"] = np.stack(levels, axis=1)
    return found


def _mixed(
    views: Sequence[tuple[Any, Any]],
    strengths: Sequence[float],
    wanted: Sequence[str | None],
    labels: Sequence[str],
) -> Floats:
    """The teachers' chances, multiplied and made to sum to 1."""
    known = [at for at, label in enumerate(wanted) if label is not None]
    targets = [wanted[at] for at in known]
    total = np.zeros((views[0][1].shape[0], len(labels)))
    if len(set(targets)) < 2:
        return np.full_like(total, 1 / len(labels))
    for (fitted, asked), strength in zip(views, strengths, strict=True):
        model = LogisticRegression(C=strength, max_iter=_ITERATIONS, class_weight="balanced")
        model.fit(fitted[known], targets)
        chances = np.full_like(total, _LEAST_CHANCE)
        chances[:, [labels.index(str(one)) for one in model.classes_]] = model.predict_proba(asked)
        total += np.log(chances.clip(_LEAST_CHANCE)) / len(views)
    grown = np.exp(total - total.max(axis=1, keepdims=True))
    result: Floats = grown / grown.sum(axis=1, keepdims=True)
    return result
