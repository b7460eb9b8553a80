"""Equality conditions are looked up, not tried; the outcome is that of trying every route."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from consumer.routing.conversation import NEW_CONVERSATION
from consumer.routing.customer_turn import CustomerTurns
from consumer.routing.decisions import DecisionWriter
from consumer.routing.features import Features
from consumer.routing.index import MAX_FIELDS, MIN_CONDITIONS, Buckets, Index
from consumer.routing.knowledge import Findings
from consumer.routing.rules import Ruleset, parse_ruleset
from tests.routing.builders import MODELS, SOURCE, START_MS, understood
from tests.routing.test_rules_file import RULES

ROUTE = """\
  - id: r-{number}
    when: {when}
    action: route
    target: {{queue: q_{number}}}
    priority: 1
    reason: {{code: a, en: "b {{channel}}", zh: "c"}}
"""
VALUES = ("", "a", "b", "c")
LEAVES = st.one_of(
    st.builds(
        "{{field: {}, op: {}, value: {}}}".format,
        st.sampled_from(["channel", "attributes.x", "attributes.y", "customer.tier"]),
        st.sampled_from(["eq", "ne"]),
        st.sampled_from(["vip", "standard"]),
    ),
    st.builds(
        "{{field: attributes.{}, op: in, value: [a, b]}}".format, st.sampled_from(["x", "y", "z"])
    ),
    st.builds(
        "{{field: attributes.{}, op: {}, value: {}}}".format,
        st.sampled_from(["x", "y", "z"]),
        st.sampled_from(["eq", "ne", "matches"]),
        st.sampled_from(["a", "b", '""']),
    ),
    st.builds(
        "{{field: attributes.x, op: exists, value: {}}}".format, st.sampled_from(["true", "false"])
    ),
    st.builds("{{field: phrases, op: has, value: {}}}".format, st.sampled_from(["threat"])),
    st.just("{field: conversation.repeat_contact, op: eq, value: true}"),
    st.just("{field: intent.name, op: eq, value: delivery}"),
    st.just("{field: anger.score, op: gte, value: 0.5}"),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.builds("{{not: {}}}".format, parts),
        st.builds("{{all: [{}]}}".format, st.lists(parts, min_size=1, max_size=3).map(", ".join)),
        st.builds("{{any: [{}]}}".format, st.lists(parts, min_size=1, max_size=3).map(", ".join)),
    ),
    max_leaves=4,
)


def ruleset_of(conditions: list[str]) -> Ruleset:
    routes = "".join(
        ROUTE.format(number=number, when=when) for number, when in enumerate(conditions)
    )
    start, end = RULES.index("  - id: first"), RULES.index("default:\n  action")
    return parse_ruleset((RULES[:start] + routes + RULES[end:]).encode(), "r.yaml")


def features_of(rules: Ruleset, **more: object) -> Features:
    turn = understood(1)
    customers = CustomerTurns(rules)
    reading = customers.read(turn, {})
    after, _, _ = customers.apply(turn, reading, NEW_CONVERSATION, "d")
    return replace(
        DecisionWriter(rules, MODELS, SOURCE, "active").features(turn, reading, after), **more
    )


@settings(max_examples=150, deadline=None)
@given(
    conditions=st.lists(CONDITIONS, min_size=1, max_size=8),
    turns=st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(["x", "y", "z"]), st.sampled_from(VALUES)),
            st.sampled_from(["web", "vip", "standard", "other"]),
            st.sampled_from([(), ("threat",), ("threat", "else")]),
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_a_lookup_chooses_what_trying_every_route_would(
    conditions: list[str],
    turns: list[tuple[dict[str, str], str, tuple[str, ...]]],
) -> None:
    # Repeated, so that every field is looked up.
    rules = ruleset_of(conditions * MIN_CONDITIONS)
    for attributes, channel, phrases in turns:
        features = features_of(
            rules, attributes=attributes, channel=channel, findings=Findings(phrases)
        )
        expected = next(r for r in (*rules.routes, rules.default) if r.matches(features))
        route, _hours, _target, reason = rules.shortlist.choose(features, "en", START_MS)
        assert route.id == expected.id
        assert reason.evidence == expected.evidence(features)


def test_fields_without_a_named_value_make_no_new_keys() -> None:
    rules = ruleset_of(["{field: attributes.x, op: eq, value: a}"] * MIN_CONDITIONS)
    index = Index(route.condition for route in rules.routes)
    keys = {
        index.key(features_of(rules, attributes={"x": f"value {number}"})) for number in range(50)
    }
    assert len(keys) == 1


def test_no_more_fields_are_looked_up_than_a_key_can_bear() -> None:
    rules = ruleset_of(
        [f"{{field: attributes.a{number % 9}, op: eq, value: a}}" for number in range(60)]
    )
    index = Index(route.condition for route in rules.routes)
    assert len(index.readers) == MAX_FIELDS


def test_of_thousands_of_routes_only_those_with_the_value_are_looked_at() -> None:
    rules = ruleset_of(
        [
            f"{{all: [{{field: anger.score, op: gte, value: 0.{number % 10}}},"
            f" {{field: attributes.x, op: in, value: [v{number // 4}, w{number // 4}]}}]}}"
            for number in range(2_000)
        ]
        + ["{field: anger.score, op: gte, value: 0.9}"]
    )
    conditions = [route.condition for route in rules.routes]
    buckets = Buckets(conditions, Index(conditions))
    found = buckets.of(features_of(rules, attributes={"x": "w7"}))
    assert found == [28, 29, 30, 31, 2_000]
