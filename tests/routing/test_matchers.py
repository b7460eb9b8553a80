"""Every operator on every type of field, and what conditions say of themselves."""

from datetime import UTC

import msgspec
import pytest
from msgspec.structs import replace

from consumer.contract.decision import Entity, Evidence
from consumer.routing.calendars import Calendar, parse_week
from consumer.routing.conditions import compile_condition
from consumer.routing.conversation import NEW_CONVERSATION
from consumer.routing.customer_turn import CustomerTurns
from consumer.routing.decisions import DecisionWriter
from consumer.routing.features import Features
from consumer.routing.knowledge import Findings, ProductRow
from consumer.routing.matchers import Condition, Leaf
from consumer.routing.rules import default_ruleset
from consumer.routing.rules_error import RuleMistakeError
from consumer.routing.rules_schema import ConditionSpec
from consumer.routing.vocabulary import Bound, Vocabulary
from consumer.routing.yaml_source import Path
from tests.routing.builders import MODELS, SOURCE, understood

ORDER = Entity("ORDER_ID", "SO-1", "SO-1", 0, 4, 0.99, "model")
NAMES = Vocabulary(
    bounds={
        ("intent.confidence", "automate"): Bound("intent", 0.8),
        ("category.confidence", "suggest"): Bound("category", 0.95, {"query": 0.85}),
        ("anger.score", "suggest"): Bound("anger", 0.3, {"severe": 0.99}),
    },
    calendars={
        "day": Calendar("day", UTC, parse_week({"mon-sun": "00:00-12:00"})),
        "evening": Calendar("evening", UTC, parse_week({"mon-sun": "12:00-24:00"})),
    },
    phrases=("threat", "praise"),
    dictionaries={"city": ("shanghai", "berlin"), "unit": ("box",)},
    brands=("Acme", "Other"),
    products=("X1",),
    product_queues=("acme_care",),
)
ROOT: Path = ("when",)


@pytest.fixture(scope="module")
def features() -> Features:
    rules = default_ruleset()
    turn = understood(
        1, anger=0.4, entities=(ORDER,), tier="vip", contacts_7d=1, attributes={"plan": "gold"}
    )
    customers = CustomerTurns(rules)
    reading = customers.read(turn, {})
    after, _, _ = customers.apply(turn, reading, NEW_CONVERSATION, "d")
    features = DecisionWriter(rules, MODELS, SOURCE, "active").features(turn, reading, after)
    found = Findings(("threat",), {"city": "shanghai"}, ProductRow("Acme", "X1", "acme_care"))
    return replace(features, findings=found)


def is_label(one: Leaf) -> bool:
    return one.field.keyed


def condition(data: object) -> Condition:
    return compile_condition(msgspec.convert(data, ConditionSpec), ROOT, NAMES)


def leaf(field: str, op: str, value: object) -> dict[str, object]:
    return {"field": field, "op": op, "value": value}


HOLDS = [
    ("category.confidence", "gte", "suggest"),
    ("anger.score", "gte", "suggest"),
    ("customer.contacts_7d", "eq", 1),
    ("calendar.day", "eq", True),
    ("calendar.evening", "ne", True),
    ("phrases", "has", "threat"),
    ("phrases", "exists", True),
    ("dictionary.city", "in", ["berlin", "shanghai"]),
    ("dictionary.unit", "exists", False),
    ("product.brand", "eq", "Acme"),
    ("product.name", "eq", "X1"),
    ("product.queue", "exists", True),
    ("entity.ORDER_ID", "eq", "SO-1"),
    ("entity.ORDER_ID", "matches", "^SO-[0-9]+$"),
    ("entity.BRAND", "exists", False),
    ("attributes.plan", "matches", "go"),
    ("category.label", "eq", "query"),
    ("category.label", "ne", "complaint"),
    ("category.label", "in", ["query", "complaint"]),
    ("category.label", "exists", True),
    ("category.confidence", "gte", 0.9),
    ("category.confidence", "lte", 0.9),
    ("category.confidence", "gt", 0.89),
    ("category.confidence", "lt", 0.91),
    ("category.confidence", "eq", 0.9),
    ("category.confidence", "ne", 0.8),
    ("intent.name", "eq", "delivery"),
    ("intent.status", "eq", "ok"),
    ("intent.from", "eq", "message"),
    ("intent.confidence", "gte", "automate"),
    ("intent.margin", "gt", 0.5),
    ("sentiment.label", "eq", "neutral"),
    ("sentiment.score", "lte", 0),
    ("anger.score", "gte", 0.4),
    ("anger.level", "eq", "mild"),
    ("conversation.mood", "lte", 0),
    ("conversation.trend", "eq", 0),
    ("conversation.negative_streak", "eq", 0),
    ("conversation.turns", "eq", 1),
    ("conversation.customer_turns", "gte", 1),
    ("conversation.anger_peak", "gte", 0.4),
    ("conversation.repeat_contact", "eq", False),
    ("conversation.repeat_contact", "ne", True),
    ("escalation.kinds", "exists", False),
    ("escalation.severity", "lt", 1),
    ("customer.tier", "in", ["vip", "svip"]),
    ("channel", "eq", "web"),
    ("language.code", "eq", "en"),
    ("entities", "has", "ORDER_ID"),
    ("entities", "exists", True),
    ("attributes.plan", "eq", "gold"),
    ("attributes.plan", "exists", True),
    ("attributes.missing", "exists", False),
    ("attributes.missing", "ne", "gold"),
    ("degraded", "eq", False),
    ("degraded_reasons", "exists", False),
]
FAILS = [
    ("category.confidence", "lt", "suggest"),
    ("calendar.evening", "eq", True),
    ("phrases", "has", "praise"),
    ("dictionary.city", "eq", "berlin"),
    ("dictionary.unit", "eq", "box"),
    ("product.brand", "eq", "Other"),
    ("entity.BRAND", "matches", "."),
    ("attributes.missing", "matches", "x"),
    ("category.label", "eq", "complaint"),
    ("category.label", "ne", "query"),
    ("category.label", "in", ["complaint"]),
    ("category.label", "exists", False),
    ("category.confidence", "gte", 0.91),
    ("category.confidence", "lte", 0.89),
    ("category.confidence", "gt", 0.9),
    ("category.confidence", "lt", 0.9),
    ("entities", "has", "PHONE"),
    ("attributes.missing", "eq", "gold"),
    ("attributes.missing", "in", ["gold"]),
    ("attributes.missing", "exists", True),
    ("escalation.kinds", "has", "anger"),
    ("degraded", "eq", True),
]


@pytest.mark.parametrize(("field", "op", "value"), HOLDS)
def test_a_condition_holds(features: Features, field: str, op: str, value: object) -> None:
    found = condition(leaf(field, op, value))
    assert found.test(features)
    assert [item.feature for item in found.holds(features)] == [field]
    assert found.narrow(features, is_label) in (True, found.test)
    assert not condition({"not": leaf(field, op, value)}).test(features)


def test_evidence_holds_no_value_that_a_customer_named(features: Features) -> None:
    said = condition(leaf("entity.ORDER_ID", "matches", "SO")).holds(features)
    assert [item.value for item in said] == ["present"]


@pytest.mark.parametrize(("field", "op", "value"), FAILS)
def test_a_condition_fails(features: Features, field: str, op: str, value: object) -> None:
    found = condition(leaf(field, op, value))
    assert not found.test(features)
    assert [item.op for item in found.fails(features)] == [f"not_{op}"]
    assert condition({"not": leaf(field, op, value)}).test(features)


YES = leaf("channel", "eq", "web")
NO = leaf("channel", "eq", "app")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"all": [YES, YES]}, True),
        ({"all": [YES, NO]}, False),
        ({"any": [NO, YES]}, True),
        ({"any": [NO, NO]}, False),
        ({"not": {"any": [NO, NO]}}, True),
        ({"not": {"all": [YES, YES]}}, False),
        ({"all": [{"any": [NO, YES]}, {"not": NO}]}, True),
    ],
)
def test_conditions_nest(features: Features, data: object, expected: bool) -> None:
    found = condition(data)
    assert found.test(features) is expected
    assert found.holds(features) if expected else found.fails(features)


def test_evidence_carries_the_value_and_its_bound(features: Features) -> None:
    data = {"all": [leaf("anger.score", "gte", 0.3), leaf("customer.tier", "in", ["vip", "svip"])]}
    assert condition(data).holds(features) == (
        Evidence("anger.score", "gte", 0.4, 0.3),
        Evidence("customer.tier", "in", "vip", "vip, svip"),
    )


@pytest.mark.parametrize(
    ("data", "path", "problem"),
    [
        (leaf("anger.scroe", "gte", 1), ("when", "field"), "unknown field 'anger.scroe'"),
        (leaf("attributes.", "eq", "x"), ("when", "field"), "unknown field 'attributes.'"),
        (leaf("anger.score", "in", ["a"]), ("when", "op"), "not 'in'"),
        (leaf("anger.score", "gte", "high"), ("when", "value"), "'high' is not"),
        (leaf("anger.score", "gte", True), ("when", "value"), "True is not"),
        (leaf("category.label", "eq", "complain"), ("when", "value"), "'complain' never occurs"),
        (leaf("category.label", "eq", 1), ("when", "value"), "takes a text"),
        (leaf("category.label", "in", "query"), ("when", "value"), "takes a list"),
        (leaf("customer.tier", "in", ["gold"]), ("when", "value", 0), "'gold' never occurs"),
        (leaf("degraded", "eq", "yes"), ("when", "value"), "neither true nor false"),
        (leaf("channel", "exists", "yes"), ("when", "value"), "neither true nor false"),
        ({"field": "channel", "op": "eq"}, ("when",), "value is missing"),
        ({"all": []}, ("when", "all"), "needs 1 to"),
        ({"all": [YES], "any": [YES]}, ("when",), "exactly one"),
        ({"all": [YES], **YES}, ("when",), "exactly one"),
        ({}, ("when",), "exactly one"),
        ({"all": [YES, leaf("x", "eq", 1)]}, ("when", "all", 1, "field"), "unknown field 'x'"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(data: object, path: Path, problem: str) -> None:
    with pytest.raises(RuleMistakeError) as caught:
        condition(data)
    assert caught.value.path == path
    assert problem in caught.value.problem


def test_conditions_do_not_nest_for_ever() -> None:
    data: dict[str, object] = YES
    for _ in range(12):
        data = {"not": data}
    with pytest.raises(RuleMistakeError, match="deeper"):
        condition(data)
