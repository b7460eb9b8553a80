"""Probabilities become guesses: thresholds, candidates, levels."""

import pytest

from consumer.routing.readings import (
    CategoryThresholds,
    IntentThresholds,
    LabelBounds,
    intent_status,
    is_answerable,
    read_anger,
    read_category,
    read_intent,
    read_sentiment,
)

BOUNDS = IntentThresholds(0.45, 0.8, 0.1, 0.25, {"payment": LabelBounds(0.6, 0.95)})
CATEGORY = CategoryThresholds(0.5, 0.7, {})


@pytest.mark.parametrize(
    ("confidence", "margin", "status"),
    [
        (0.2, 0.2, "out_of_scope"),
        (0.25, 0.2, "ambiguous"),
        (0.44, 0.3, "ambiguous"),
        (0.5, 0.09, "ambiguous"),
        (0.45, 0.1, "ok"),
        (0.95, 0.9, "ok"),
    ],
)
def test_the_bounds_give_the_status(confidence: float, margin: float, status: str) -> None:
    assert intent_status(confidence, margin, BOUNDS) == status


def test_a_label_may_have_bounds_of_its_own() -> None:
    assert intent_status(0.5, 0.3, BOUNDS, "payment") == "ambiguous"
    assert intent_status(0.6, 0.3, BOUNDS, "payment") == "ok"
    assert intent_status(0.5, 0.3, BOUNDS, "delivery") == "ok"


@pytest.mark.parametrize(
    ("scores", "names", "margin"),
    [
        ({"a": 0.1, "b": 0.6, "c": 0.2, "d": 0.1}, ["b", "c", "a"], 0.4),
        ({"a": 0.6, "b": 0.3, "c": 0.06, "d": 0.04}, ["a", "b", "c"], 0.3),
        ({"d": 0.04, "c": 0.06, "b": 0.3, "a": 0.6}, ["a", "b", "c"], 0.3),
        ({"a": 0.25, "b": 0.25, "c": 0.25, "d": 0.25}, ["a", "b", "c"], 0.0),
        ({"a": 0.6, "b": 0.4}, ["a", "b"], 0.2),
        ({"a": 1.0}, ["a"], 1.0),
        ({}, [], 0.0),
    ],
)
def test_the_three_best_intents_are_candidates(
    scores: dict[str, float], names: list[str], margin: float
) -> None:
    guess = read_intent(scores, BOUNDS, unsupported=False)
    assert [candidate.name for candidate in guess.candidates] == names
    assert guess.margin == pytest.approx(margin)


def test_an_unsupported_language_has_a_status_of_its_own() -> None:
    assert read_intent({"a": 0.9, "b": 0.1}, BOUNDS, True).status == "unsupported_language"
    assert read_intent({}, BOUNDS, True).status == "unsupported_language"


@pytest.mark.parametrize(
    ("score", "level"),
    [(0.0, "none"), (0.16, "none"), (0.17, "mild"), (0.5, "high"), (0.84, "severe"), (1, "severe")],
)
def test_the_level_rounds_the_score(score: float, level: str) -> None:
    assert read_anger(score).level == level


def test_sentiment_is_positive_minus_negative() -> None:
    guess = read_sentiment({"negative": 0.7, "neutral": 0.2, "positive": 0.1})
    assert (guess.label, guess.score, guess.confidence) == ("negative", -0.6, 0.7)


@pytest.mark.parametrize(
    ("name", "share", "category", "answerable"),
    [
        ("delivery", 0.8, 0.9, True),
        ("delivery", 0.79, 0.9, False),
        ("delivery", 0.9, 0.69, False),
        ("payment", 0.9, 0.9, False),
        ("payment", 0.95, 0.9, True),
    ],
)
def test_a_machine_answers_only_where_both_heads_are_sure(
    name: str, share: float, category: float, answerable: bool
) -> None:
    intent = read_intent({name: share, "other": 1 - share}, BOUNDS, unsupported=False)
    guess = read_category({"query": category, "complaint": 1 - category, "suggestion": 0.0})
    assert is_answerable(intent, guess, BOUNDS, CATEGORY) is answerable
