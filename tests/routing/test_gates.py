"""Gates spare routes a look, never a match."""

from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.routing.gates import MIN_ROUTES, gates_of
from tests.routing.builders import START_MS
from tests.routing.test_index import features_of, ruleset_of

BOUNDS = st.one_of(
    st.builds(
        "{{field: anger.score, op: {}, value: {}}}".format,
        st.sampled_from(["gte", "gt", "lt", "lte", "eq", "ne"]),
        st.sampled_from([0.0, 0.3, 0.6, 1.0]),
    ),
    st.builds(
        "{{field: conversation.customer_turns, op: {}, value: {}}}".format,
        st.sampled_from(["gte", "lt"]),
        st.integers(0, 3),
    ),
    st.just("{field: intent.confidence, op: gte, value: automate}"),
    st.just("{field: channel, op: eq, value: web}"),
)
CONDITIONS = st.recursive(
    BOUNDS,
    lambda parts: st.one_of(
        st.builds("{{not: {}}}".format, parts),
        st.builds("{{all: [{}]}}".format, st.lists(parts, min_size=1, max_size=3).map(", ".join)),
        st.builds("{{any: [{}]}}".format, st.lists(parts, min_size=1, max_size=3).map(", ".join)),
    ),
    max_leaves=4,
)


@settings(max_examples=100, deadline=None)
@given(
    conditions=st.lists(CONDITIONS, min_size=1, max_size=12),
    anger=st.sampled_from([0.0, 0.3, 0.6, 1.0]),
)
def test_the_first_route_that_holds_is_chosen_behind_gates_as_well(
    conditions: list[str], anger: float
) -> None:
    rules = ruleset_of(conditions)
    features = features_of(rules)
    features = features_of(rules, anger=type(features.anger)(anger, "none"))
    expected = next((r for r in rules.routes if r.matches(features)), rules.default)
    for _ in range(2):  # the second time from the shortlist
        route, *_ = rules.shortlist.choose(features, "en", START_MS)
        assert route is expected


def test_routes_that_all_ask_for_a_high_number_stand_behind_one_gate() -> None:
    asked = [f"{{field: anger.score, op: gte, value: 0.{n}}}" for n in range(5, 5 + MIN_ROUTES)]
    rules = ruleset_of([*asked, "{field: channel, op: eq, value: web}"])
    tests, behind = gates_of([route.condition for route in rules.routes])
    assert behind == frozenset(range(MIN_ROUTES))
    assert [test(features_of(rules)) for test in tests] == [False]
