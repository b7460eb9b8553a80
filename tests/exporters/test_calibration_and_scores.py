import numpy as np
import pytest

from exporters.calibration import best_anger_temperature, best_temperature, thresholds_of
from exporters.rows import Span
from exporters.scoring import binary_f1, macro_f1, span_f1

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("temperature", [0.7, 1.0, 2.5])
def test_the_temperature_that_made_the_labels_is_found(temperature: float) -> None:
    logits = RNG.normal(size=(6_000, 4)) * 3
    chances = np.exp(logits / temperature)
    chances /= chances.sum(axis=1, keepdims=True)
    targets = (chances.cumsum(axis=1) > RNG.random((6_000, 1))).argmax(axis=1)
    assert best_temperature(logits, targets) == pytest.approx(temperature, rel=0.15)


def test_the_anger_temperature_is_found_over_its_three_questions() -> None:
    logits = RNG.normal(size=(6_000, 3)) * 4
    targets = (1 / (1 + np.exp(-logits / 2)) > RNG.random((6_000, 3))).astype(int)
    assert best_anger_temperature(logits, targets) == pytest.approx(2.0, rel=0.15)


def test_no_rows_leave_the_temperature_alone() -> None:
    assert best_temperature(np.zeros((0, 3)), np.zeros(0, int)) == 1.0


def test_thresholds_rise_with_the_precision_they_promise() -> None:
    first = RNG.uniform(0.34, 1.0, 3_000)
    right = RNG.random(3_000) < first
    chances = np.stack([first, (1 - first) * 0.6, (1 - first) * 0.4], axis=1)
    found = thresholds_of(chances, np.where(right, 0, 1), intent=True)
    assert found.suggest <= found.automate
    assert (right[first >= found.automate]).mean() >= 0.9
    assert 0 < found.out_of_scope < found.automate


def test_the_margin_ends_where_the_first_intent_is_better_than_a_toss() -> None:
    margins = RNG.uniform(0.0, 0.9, 4_000)
    right = RNG.random(4_000) < np.where(margins < 0.15, 0.3, 0.9)
    chances = np.stack([(1 + margins) / 2, (1 - margins) / 2], axis=1)
    found = thresholds_of(chances, np.where(right, 0, 1), intent=True)
    assert 0.1 <= found.ambiguity_margin <= 0.2


def test_a_head_that_is_never_right_automates_nothing() -> None:
    chances = np.tile([0.9, 0.1], (50, 1))
    found = thresholds_of(chances, np.ones(50, int), intent=False)
    assert found.automate > 0.9


@pytest.mark.parametrize(
    ("wanted", "found", "score"),
    [
        (["a", "b"], ["a", "b"], 1.0),
        (["a", "a", "b", "b"], ["a", "a", "a", "a"], (2 / 3 + 0) / 2),
        ([], [], 0.0),
        (["a"], ["c"], 0.0),
    ],
)
def test_macro_f1_counts_every_wanted_label_alike(
    wanted: list[str], found: list[str], score: float
) -> None:
    assert macro_f1(wanted, found) == pytest.approx(score)


def test_binary_f1_is_of_the_true_answers() -> None:
    assert binary_f1([True, True, False], [True, False, True]) == pytest.approx(0.5)


def test_spans_count_when_bounds_and_type_are_right_and_the_type_is_marked() -> None:
    wanted = [[Span(0, 3, "ORG"), Span(5, 7, "DATE")]]
    found = [[Span(0, 3, "ORG"), Span(5, 8, "DATE"), Span(9, 10, "BRAND")]]
    assert span_f1(wanted, found, frozenset({"ORG", "DATE"})) == pytest.approx(0.5)
    assert span_f1(wanted, found, frozenset({"ORG"})) == pytest.approx(1.0)
