from pathlib import Path
from random import Random

import numpy as np
import pytest

from consumer.records import Prediction
from exporters.evaluation import Answer, Score
from exporters.judgement_tables import sheets
from exporters.judging import judge, losses_of
from exporters.perturbations import PERTURBATIONS, ZERO_WIDTH
from exporters.problems import SettingError
from exporters.reliability import calibration_error, coverage_at, outside_recall, share_kept
from exporters.robustness import label_kept, negations_right, read_negations
from exporters.rows import Row

RNG = np.random.default_rng(5)


def saying(sentiment: str) -> Answer:
    moods = {one: float(one == sentiment) for one in ("negative", "neutral", "positive")}
    intents = {"order": 0.9, "other": 0.1}
    return Answer(Prediction({"query": 1.0, "complaint": 0.0}, intents, moods, 0.0, ()))


def test_chances_that_are_kept_have_no_calibration_error() -> None:
    chances = RNG.uniform(0.3, 1, 20_000)
    right = RNG.random(20_000) < chances
    assert calibration_error(chances, right) < 0.02
    assert calibration_error(np.full(100, 0.9), np.zeros(100, bool)) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("right", "share"),
    [([1, 1, 1, 1], 1.0), ([1, 1, 0, 0], 0.5), ([0, 1, 1, 1], 0.0), ([0, 0, 0, 0], 0.0)],
)
def test_coverage_is_the_share_of_the_surest_rows_that_keep_the_promise(
    right: list[int], share: float
) -> None:
    chances = np.array([0.9, 0.8, 0.7, 0.6])
    assert coverage_at(chances, np.array(right, bool), 0.95) == share


def test_outside_recall_counts_what_falls_under_the_bound_of_the_inside() -> None:
    inside = np.linspace(0.5, 1, 101)
    outside = np.array([0.1, 0.2, 0.9, 0.3])
    assert outside_recall(inside, outside, 0.95) == 0.75
    assert outside_recall(inside, np.array([]), 0.95) == 0.0


def test_kept_labels_are_counted_pair_by_pair() -> None:
    assert share_kept(["a", "b", "c", "d"], ["a", "x", "c", "d"]) == 0.75


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_perturbed_text_is_still_read_as_itself(name: str) -> None:
    text = "where is my parcel, it was due on Tuesday 快递到哪了"
    changed = PERTURBATIONS[name](text, Random(3))
    assert changed != text
    assert abs(len(changed.replace(ZERO_WIDTH, "")) - len(text)) <= 6


def test_a_model_that_ignores_its_text_keeps_every_label() -> None:
    rows = [Row("where is it", "en", "own"), Row("在哪", "zh", "own")]
    found = list(label_kept(rows, lambda texts: [saying("neutral")] * len(texts)))
    assert {one.share for one in found} == {1.0}
    assert {one.language for one in found} == {"en", "zh"}


@pytest.mark.parametrize(("always", "share"), [(None, 1.0), ("positive", 0.0)])
def test_negation_pairs_are_right_when_both_sides_are(always: str | None, share: float) -> None:
    pairs = read_negations()
    wanted = {text: label for pair in pairs for label, text in pair.sides}
    found = negations_right(pairs, lambda texts: [saying(always or wanted[one]) for one in texts])
    assert {one.share for one in found} == {share}


def test_negation_pairs_cover_both_languages_and_differ() -> None:
    pairs = read_negations()
    assert {pair.language for pair in pairs} == {"en", "zh"}
    assert all(len({label for label, _ in pair.sides}) == 2 for pair in pairs)


def test_a_bad_pair_is_named_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "pairs.txt"
    file.write_text("# note\nen | + good\n", encoding="utf-8")
    with pytest.raises(SettingError, match=r"pairs\.txt:2"):
        read_negations(file)


def test_a_baseline_counts_as_better_only_where_nobody_learned() -> None:
    found = [Score("intent", "en", source, 0.5, 10) for source in ("own", "seen", "unseen")]
    beside = [Score("intent", "en", source, 0.6, 10) for source in ("own", "seen", "unseen")]
    losses = list(losses_of(found, {"linear": beside}, [Row("x", "en", "seen")]))
    assert [(one.score.source, one.kind) for one in losses] == [("unseen", "linear")]


def test_a_judgement_has_a_table_for_every_question() -> None:
    rows = [
        Row(f"row {at}", "en", "own", intent="order" if at % 2 else "other", sentiment="neutral")
        for at in range(40)
    ]
    judged = judge(rows, lambda texts: [saying("neutral")] * len(texts), {}, rows)
    titles = [sheet.title for sheet in sheets(judged, classes=True)]
    assert titles == ["scores", "trust", "labels kept under changes", "labels"]
    assert {one.label for one in judged.classes} == {"order", "other", "neutral"}
    assert all("|" in sheet.markdown() for sheet in sheets(judged))
