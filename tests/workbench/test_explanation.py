"""What is said of a decision is so: every miss, every flip, every push."""

import pytest

from consumer.inference.model import Model
from consumer.inference.stub import StubModel
from consumer.inference.understand import prepare
from consumer.records import Prediction, Turn
from consumer.routing.features import Features
from consumer.workbench.explanation import Explanation, explain
from consumer.workbench.flips import flips
from consumer.workbench.occlusion import Part, parts_of, pushes
from consumer.workbench.variations import varied
from tests.routing.builders import turn
from tests.workbench.builders import RULES, features

CASES = [
    features(),
    features(intent="payment", intent_share=0.6),
    features(intent="delivery", intent_share=0.3),
    features(category="complaint", sentiment="negative", anger=0.4),
    features(category="complaint", tier="vip"),
    features(category="suggestion"),
    features(anger=0.9, category="complaint"),
    features(flaws=("unsupported_language",)),
    features(flaws=("no_content",)),
    features(intent="other", intent_share=0.85, contacts_7d=5),
]


@pytest.mark.parametrize("given", CASES)
def test_every_flip_leads_where_it_says(given: Features) -> None:
    found = flips(given, RULES)
    assert found
    chosen, _, target, _ = RULES.shortlist.choose(given, "en", given.at_ms)
    for flip in found:
        changed = varied(given, flip.field, flip.after, RULES)
        assert changed is not None
        language = RULES.language_of(changed.language.code)
        route, _, other, _ = RULES.shortlist.choose(changed, language, given.at_ms)
        assert (route.id, other) == (flip.route, flip.target)
        assert (flip.action, other) != (chosen.action, target)
    assert [one.cost for one in found] == sorted(one.cost for one in found)


def test_the_smallest_flip_of_an_unsure_answer_is_the_bound_it_missed() -> None:
    nearly = features(intent="invoice", intent_share=0.79)
    first = flips(nearly, RULES)[0]
    assert (first.field, first.after, first.action) == ("intent.confidence", 0.8, "answer")


def explained(model: Model, text: str, tier: str = "standard") -> Explanation:
    said: Turn = turn(1, text=text, tier=tier)
    found = explain(said, model, RULES)
    assert isinstance(found, Explanation)
    return found


def test_the_rules_before_the_chosen_one_say_why_they_did_not_apply() -> None:
    found = explained(StubModel(), "where is the delivery")
    before = [route.id for route in RULES.routes]
    chosen = found.decision.reason.rule_id
    assert [miss.route for miss in found.misses] == before[: before.index(chosen)]
    assert all(miss.because or miss.note for miss in found.misses)
    order = next(miss for miss in found.misses if miss.route == "track-order")
    assert order.note == "its target needs entity.ORDER_ID, which the message does not give"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("don't go", ["don't", "go"]),
        ("订单号", ["订单", "单号"]),
        ("我", ["我"]),
        ("我的iPhone 15坏了!", ["我的", "iPhone", "15", "坏了"]),
        ("？！", []),
    ],
)
def test_a_text_has_words_and_pairs_of_characters(text: str, parts: list[str]) -> None:
    found = parts_of(text)
    assert [part.text for part in found] == parts
    assert all(text[part.start : part.end] == part.text for part in found)


def test_the_word_that_decides_pushes_the_head_that_it_decides() -> None:
    model = StubModel()
    text = "please refund me"
    ((_, prepared),) = prepare(model, [turn(1, text=text)])
    (full,) = model.infer([prepared])
    assert isinstance(full, Prediction)
    found = pushes(model, text, full)
    first, *others = found["intent"]
    assert first.part == Part("refund", 7, 13)
    assert first.by > 0.5
    assert all(push.by == 0 for push in (*others, *found["anger"]))
