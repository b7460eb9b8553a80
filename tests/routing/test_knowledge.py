"""What the rules' own lists find in a text, beside the models."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.contract.decision import Entity
from consumer.routing.knowledge import (
    MAX_TRIED_TERMS,
    NOTHING_FOUND,
    Findings,
    Knowledge,
    ProductRow,
    Terms,
)
from consumer.routing.phrases import phrase_list
from consumer.routing.router import Router
from consumer.routing.rules import parse_ruleset
from tests.routing.builders import MODELS, SOURCE, START_MS, understood
from tests.routing.test_rules_file import RULES

CITIES = Terms({"上海": "shanghai", "Shanghai": "shanghai", "Ber": "short", "Berlin": "berlin"})
PRODUCTS = Terms({"acme x1": ProductRow("Acme", "X1", "x1_care"), "acme": ProductRow("Acme")})
KNOWLEDGE = Knowledge({"threat": phrase_list(["起诉"], [], [])}, {"city": CITIES}, PRODUCTS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("我在上海市", "shanghai"),
        ("in SHANGHAI now", "shanghai"),
        ("Berlin", "berlin"),
        ("from ber to berlin", "short"),
        ("berliner", None),
        ("xberlin berlin", "berlin"),
        ("上海berlin", "shanghai"),
        ("", None),
    ],
)
def test_a_term_stands_alone_and_the_longest_counts(text: str, value: str | None) -> None:
    assert CITIES.find(text.lower()) == value


@given(
    terms=st.lists(st.text("ab上 ", min_size=1, max_size=4), min_size=1, max_size=6),
    text=st.text("ab上 ", max_size=12),
)
def test_many_terms_are_found_as_few_are(terms: list[str], text: str) -> None:
    values = {term: term for term in terms if term.strip()}
    padding = {f"padding{number}": "padding" for number in range(MAX_TRIED_TERMS)}
    if values:
        assert Terms(values).find(text) == Terms(values | padding).find(text)


def test_twenty_thousand_terms_are_found() -> None:
    many = Terms({f"term{number}x": str(number) for number in range(20_000)})
    assert many.find("of 上海 term19999x, term5x") == "19999"
    assert many.find("term5") is None


def test_a_text_is_told_by_names_of_the_rules_only() -> None:
    found = KNOWLEDGE.look("我要起诉, ACME X1 in Berlin", ())
    assert found == Findings(("threat",), {"city": "berlin"}, ProductRow("Acme", "X1", "x1_care"))
    assert Knowledge().look("我要起诉", ()) is NOTHING_FOUND


def test_what_the_models_tag_comes_before_the_words_of_the_table() -> None:
    tagged = Entity("PRODUCT", "Acme X1", "acme x1", 0, 7, 0.9, "model")
    assert KNOWLEDGE.look("acme, or rather this", (tagged,)).product == ProductRow(
        "Acme", "X1", "x1_care"
    )


ROUTE = """\
  - id: brand
    when: {field: product.queue, op: exists, value: true}
    action: route
    target: {queue: "{product.queue}_{language}"}
    priority: 60
    reason: {code: brand, en: "A brand of its own", zh: "品牌"}
"""


@pytest.mark.parametrize(
    ("text", "target"),
    [("my Acme X1 hums", "acme_care_en"), ("my acme hums", "web_en"), ("it hums", "web_en")],
)
def test_the_product_table_names_the_queue(text: str, target: str) -> None:
    ruleset = parse_ruleset(RULES.replace("routes:\n", "routes:\n" + ROUTE).encode(), "r.yaml")
    router = Router(ruleset, MODELS, SOURCE)
    said = understood(1, at_s=86_400 + 10 * 3_600, text=text)
    decision = router.decide(said, None, START_MS).decision
    assert decision is not None
    assert decision.target.id == target
