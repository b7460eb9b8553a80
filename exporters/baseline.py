"""The baselines to beat, per language and head, on the same rows.

`linear` is TF-IDF with logistic regression; `hashed` the same n-grams in a hashed table, learned
by gradient steps.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Literal

from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import FeatureUnion, Pipeline

from consumer.records import Prediction
from exporters.evaluation import Answer, Score, scores
from exporters.labels import CHOICE_HEADS, LABELS
from exporters.rows import Row

MAX_ROWS_PER_LABEL = 6_000
MAX_ITERATIONS = 300
REGULARISATION = 4.0
CHARACTERS = {"en": (2, 4), "zh": (1, 3)}
"""Lengths of character n-grams."""

Kind = Literal["linear", "hashed"]
KINDS: tuple[Kind, ...] = ("linear", "hashed")
Baselines = Mapping[Kind, Sequence[Score]]

_ANGER = "anger"
_YES, _NO = "1", "0"


def baselines(learned: Sequence[Row], measured: Sequence[Row]) -> Baselines:
    """Scores of both baselines, in the form of the model's own. They tag nothing."""
    return {kind: baseline_scores(learned, measured, kind) for kind in KINDS}


def baseline_scores(
    learned: Sequence[Row], measured: Sequence[Row], kind: Kind, seed: int = 7
) -> list[Score]:
    """Scores of one baseline."""
    found: list[Score] = []
    for language in sorted({row.language for row in measured}):
        train = [row for row in learned if row.language == language]
        rows = [row for row in measured if row.language == language]
        answers = {
            head: _answers(head, train, rows, kind, seed) for head in (*CHOICE_HEADS, _ANGER)
        }
        said = [Answer(_prediction(answers, at)) for at in range(len(rows))]
        found += [one for one in scores(rows, said) if one.head in (*CHOICE_HEADS, "anger>=1")]
    return found


def _answers(
    head: str, train: Sequence[Row], rows: Sequence[Row], kind: Kind, seed: int
) -> list[str]:
    texts, labels, weights = _sample(head, train, seed)
    if len(set(labels)) < 2:
        return [labels[0] if labels else ""] * len(rows)
    model = _model(rows[0].language, kind)
    model.fit(texts, labels, classify__sample_weight=weights)
    return [str(label) for label in model.predict([row.text for row in rows])]


def _sample(head: str, rows: Sequence[Row], seed: int) -> tuple[list[str], list[str], list[float]]:
    """Up to so many rows of each label, in an order of their own."""
    by_label: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        label = _label(head, row)
        if label is not None:
            by_label[label].append(row)
    rng = Random(seed)  # noqa: S311 - draws rows, keeps no secret
    chosen = [
        (row, label)
        for label, each in sorted(by_label.items())
        for row in rng.sample(each, min(len(each), MAX_ROWS_PER_LABEL))
    ]
    return (
        [row.text for row, _ in chosen],
        [label for _, label in chosen],
        [row.weight for row, _ in chosen],
    )


def _label(head: str, row: Row) -> str | None:
    if head == _ANGER:
        return None if row.anger is None else (_YES if row.anger[0] == 1 else _NO)
    value: str | None = getattr(row, head)
    return value


def text_features(language: str) -> FeatureUnion:
    """TF-IDF over n-grams of characters and, in English, of words."""
    parts = [("characters", TfidfVectorizer(analyzer="char", ngram_range=CHARACTERS[language]))]
    if language == "en":
        parts.append(("words", TfidfVectorizer(ngram_range=(1, 2))))
    return FeatureUnion(parts)


def _model(language: str, kind: Kind) -> Any:
    if kind == "hashed":
        features: Any = HashingVectorizer(
            analyzer="char_wb" if language == "en" else "char", ngram_range=CHARACTERS[language]
        )
        classify: Any = SGDClassifier(
            loss="log_loss", alpha=1e-5, class_weight="balanced", random_state=1
        )
    else:
        features = text_features(language)
        classify = LogisticRegression(
            class_weight="balanced", C=REGULARISATION, max_iter=MAX_ITERATIONS
        )
    return Pipeline([("features", features), ("classify", classify)])


def _prediction(answers: dict[str, list[str]], at: int) -> Prediction:
    chosen = {head: _certain(LABELS[head], answers[head][at]) for head in CHOICE_HEADS}
    angry = float(answers[_ANGER][at] == _YES)
    return Prediction(chosen["category"], chosen["intent"], chosen["sentiment"], angry, ())


def _certain(labels: Sequence[str], chosen: str) -> dict[str, float]:
    return {label: float(label == chosen) for label in labels}
