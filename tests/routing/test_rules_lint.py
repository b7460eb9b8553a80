"""Each mistake of a rules file that would load has a finding with its place; good files none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.routing.rules import DEFAULT_RULES, parse_ruleset
from consumer.routing.rules_error import RulesError
from consumer.routing.rules_labels import ModelLabels
from consumer.routing.rules_lint import lint
from tests.routing.builders import INTENTS
from tests.routing.test_index import CONDITIONS, features_of, ruleset_of
from tests.routing.test_rules_file import RULES

LABELS = ModelLabels(frozenset(INTENTS), frozenset(("ORDER_ID", "PRODUCT")))
QUIET = RULES.replace(
    "field: channel, op: eq, value: web}",
    "any: [{field: channel, op: eq, value: web}, {field: phrases, op: has, value: threat},"
    " {field: dictionary.city, op: eq, value: berlin},"
    " {field: product.queue, op: eq, value: acme_care}]}",
)


def file_of(*whens: str, more: str = "") -> str:
    """A file of such routes; `more` goes into each."""
    routes = "".join(
        f"""\
  - id: r-{number}
    when: {when}
    action: route
    target: {{queue: general}}
    priority: 50
    reason: {{code: a, en: "b", zh: "c"}}
{more}"""
        for number, when in enumerate(whens)
    )
    start, end = QUIET.index("default:\n  action"), QUIET.index("routes:\n") + len("routes:\n")
    return QUIET[:end] + QUIET[end:start] + routes + QUIET[start:]


def said(text: str) -> list[str]:
    return [str(found) for found in lint(text.encode(), "r.yaml", LABELS)]


def test_the_rules_that_come_with_the_service_have_no_findings() -> None:
    assert lint(DEFAULT_RULES.read_bytes(), "default_rules.yaml", LABELS) == []


def test_a_good_file_has_no_findings() -> None:
    assert said(QUIET) == []


WEB = "{field: channel, op: eq, value: web}"
PRODUCT = "{field: entities, op: has, value: PRODUCT}"
PATTERN = '{field: channel, op: matches, value: "a"}'
COMPLAINT = "{field: category.label, op: eq, value: complaint}"
ANGRY = "{field: anger.score, op: gte, value: 0.5}"
VIP = "{field: customer.tier, op: in, value: [vip, svip]}"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (COMPLAINT, COMPLAINT),
        (COMPLAINT, f"{{all: [{COMPLAINT}, {ANGRY}]}}"),
        (f"{{any: [{COMPLAINT}, {ANGRY}]}}", ANGRY),
        (VIP, "{field: customer.tier, op: eq, value: vip}"),
        (ANGRY, "{field: anger.score, op: gt, value: 0.5}"),
        (ANGRY, "{field: anger.score, op: eq, value: 0.7}"),
        ("{field: anger.score, op: lte, value: 1}", ANGRY),
        ("{field: channel, op: ne, value: app}", "{field: channel, op: eq, value: sms}"),
        ("{field: channel, op: exists, value: true}", "{field: channel, op: eq, value: sms}"),
        (f"{{not: {ANGRY}}}", "{field: anger.score, op: lt, value: 0.2}"),
        (
            "{field: entities, op: exists, value: true}",
            "{field: entities, op: has, value: PRODUCT}",
        ),
        (
            '{field: attributes.x, op: matches, value: "^a"}',
            f'{{all: [{VIP}, {{field: attributes.x, op: matches, value: "^a"}}]}}',
        ),
        (
            "{field: category.confidence, op: gte, value: suggest}",
            "{field: category.confidence, op: gte, value: automate}",
        ),
    ],
)
def test_a_route_that_earlier_ones_leave_nothing_is_found(first: str, second: str) -> None:
    (found,) = said(file_of(first, second))
    assert "rule r-1: when: never decides: r-0 come before it" in found
    assert said(file_of(second, first)) == [] or first == second


def test_a_route_is_found_whose_parts_several_earlier_ones_take() -> None:
    text = file_of(COMPLAINT, ANGRY, f"{{any: [{COMPLAINT}, {ANGRY}]}}")
    (found,) = said(text)
    assert "rule r-2: when: never decides: r-0 and r-1 come before it" in found


@pytest.mark.parametrize(
    "when",
    [
        "{all: [{field: channel, op: eq, value: web}, {field: channel, op: eq, value: app}]}",
        f"{{all: [{ANGRY}, {{field: anger.score, op: lt, value: 0.5}}]}}",
        f"{{all: [{ANGRY}, {{not: {ANGRY}}}]}}",
        "{field: anger.score, op: gt, value: 1}",
        "{field: intent.confidence, op: gte, value: 80}",
        "{field: conversation.mood, op: lt, value: -1}",
        "{field: conversation.turns, op: lt, value: 0}",
        f"{{all: [{{field: channel, op: exists, value: false}}, {WEB}]}}",
        f"{{all: [{PRODUCT}, {{field: entities, op: exists, value: false}}]}}",
        f"{{all: [{PATTERN}, {{not: {PATTERN}}}]}}",
    ],
)
def test_a_condition_that_can_never_hold_is_found(when: str) -> None:
    (found,) = said(file_of(when))
    assert "rule r-0: when: can never apply" in found


def answer(when: str, target: str = "{flow: bot}") -> str:
    return file_of(when).replace(
        "    action: route\n    target: {queue: general}\n    priority: 50\n    reason: {code: a",
        f"    action: answer\n    target: {target}\n    priority: 50\n    reason: {{code: a",
    )


def test_an_answer_that_needs_what_its_condition_excludes_is_found() -> None:
    (found,) = said(answer("{field: intent.status, op: eq, value: ambiguous}"))
    assert "rule r-0: when: can never apply" in found
    no_order = "{not: {field: entities, op: has, value: ORDER_ID}}"
    (found,) = said(answer(no_order, '{page: "/orders/{entity.ORDER_ID}"}'))
    assert "rule r-0: when: can never apply" in found


def test_a_route_that_may_not_apply_shadows_nothing() -> None:
    text = answer(ANGRY).replace("default:\n  action", second_route(ANGRY) + "default:\n  action")
    assert said(text) == []


def second_route(when: str) -> str:
    return f"""\
  - id: second
    when: {when}
    action: route
    target: {{queue: general}}
    priority: 50
    reason: {{code: a, en: "b", zh: "c"}}
"""


CIRCLE = """\
    fallbacks:
      - {after_s: 60, target: {queue: other}}
      - {after_s: 90, target: {queue: general}, priority_delta: 5}
"""

HUMAN_REQUEST = """\
  - kind: human_request
    id: human
    intent: talk_to_agent
    enter: {score: 0.6}
    cool_down_s: 60
    ack_within_s: 60
    expire_after_s: 600
    severity: [{score: 0.0, level: 1}]
    recommended:
      action: escalate
      target: {queue: general}
      tone: calm
      suppress_recommendations: true
    summary: {en: "a", zh: "b"}
"""

# (old text, new text, where it stands, what is said of it)
FINDINGS = [
    (
        "field: product.queue, op: eq",
        "field: attributes.q, op: eq",
        "products",
        "products: no rule",
    ),
    (
        "  - kind: anger\n",
        HUMAN_REQUEST + "  - kind: anger\n",
        "intent:",
        "rule human: intent: the models know no intent 'talk_to_agent'",
    ),
    ("default:\n  action: route", "other:\n  action: route", "other", "unknown field"),
    (
        "{after_s: 60, target: {queue: general}}",
        '{after_s: 60, target: {queue: "web_{language}"}}',
        "after_s: 60",
        "rule first: fallbacks[0].target: leads back to queue 'web_{language}' with the same",
    ),
    (
        "{after_s: 60, target: {queue: general}}",
        "{after_s: 60, target: {queue: general}, drop_skills: [refund]}",
        "drop_skills",
        "rule first: fallbacks[0].drop_skills: 'refund' is no skill that is still asked for",
    ),
    (
        "    out_of_hours",
        "    out_of_hours",
        "out_of_hours",
        "rule first: out_of_hours: is never reached: calendar 'shop' never closes",
    ),
    ("threat:", "thraet:", "thraet:", "phrases.thraet: no rule looks at it"),
    ("city:", "town:", "town:", "dictionaries.town: no rule looks at it"),
    ("    calendar: shop\n    out_of_hours: {flow: leave_message}\n", "", "shop:", "no rule looks"),
    (
        "ambiguity_margin: 0.1}",
        "ambiguity_margin: 0.1, labels: {deliverie: {suggest: 0.5}}}",
        "labels:",
        "thresholds.intent.labels.deliverie: the models know no intent 'deliverie'; known: account",
    ),
    (
        "category: {suggest: 0.5, automate: 0.7}",
        "category: {suggest: 0.5, automate: 0.7, labels: {praise: {suggest: 0.6}}}",
        "praise",
        "the models know no category 'praise'",
    ),
    (
        "{field: channel, op: eq, value: web}",
        "{field: intent.name, op: in, value: [delivery, shipping]}",
        "shipping",
        "rule first: when.any[0].value[1]: the models know no intent 'shipping'",
    ),
    (
        "{field: channel, op: eq, value: web}",
        "{field: entities, op: has, value: ORDER}",
        "ORDER",
        "rule first: when.any[0].value: the models know no entity type 'ORDER'",
    ),
    (
        "{field: channel, op: eq, value: web}",
        "{field: entity.ORDER, op: exists, value: true}",
        "ORDER",
        "rule first: when.any[0].field: the models know no entity type 'ORDER'",
    ),
]


@pytest.mark.parametrize(("old", "new", "place", "problem"), FINDINGS)
def test_a_questionable_line_is_found_where_it_stands(
    old: str, new: str, place: str, problem: str
) -> None:
    text = QUIET.replace(old, new, 1)
    if "never closes" in problem:
        text = QUIET.replace(
            'open: {mon-fri: "09:00-18:00"}, special_dates: {2026-10-10: "10:00-12:00"}',
            'open: {mon-sun: "00:00-24:00"}',
        )
    found = lint(text.encode(), "r.yaml", LABELS)
    hits = [one for one in found if problem in str(one)]
    assert hits, [str(one) for one in found]
    assert place in text.splitlines()[hits[0].line - 1]


def test_a_missing_default_is_found() -> None:
    text = QUIET[: QUIET.index("default:\n  action")]
    assert said(text) == ["r.yaml:1:1: default is missing"]


def test_fallbacks_in_a_circle_are_found() -> None:
    (found,) = said(file_of(COMPLAINT, more=CIRCLE))
    assert "rule r-0: fallbacks[1].target: leads back to queue 'general'" in found


def test_waiting_on_with_more_urgency_is_no_circle() -> None:
    more = "    fallbacks:\n      - {after_s: 60, target: {queue: general}, priority_delta: 9}\n"
    assert said(file_of(COMPLAINT, more=more)) == []


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = QUIET.replace("tz: UTC", "tz: Mars").replace("below: 0.3", "below: 0.6")
    text = text.replace("suggest: 0.5, automate: 0.7", "suggest: 0.7, automate: 0.7")
    found = lint(text.encode(), "r.yaml", LABELS)
    assert [one.field for one in found] == [
        "thresholds.category",
        "calendars.shop.tz",
        "exit.below",
    ]
    with pytest.raises(RulesError):
        parse_ruleset(text.encode(), "r.yaml")


def test_every_route_of_a_wrong_shape_is_told_at_once() -> None:
    text = file_of(COMPLAINT, ANGRY, VIP).replace("op: eq, value: complaint", "op: [eq]")
    text = text.replace("value: 0.5}", "value: {a: 1}}")
    assert [one.rule for one in lint(text.encode(), "r.yaml")] == ["r-0", "r-1"]


NO_RULES = {
    "empty": b"",
    "not UTF-8": b"\xff",
    "a list": b"- 1",
    "deep": b"[" * 5_000,
    "very deep": b"[" * 500_000,
    "deep items": b"- " * 500_000,
    "deep maps": b"{a: " * 500_000,
    "unclosed": b"a: {b: [",
}


@pytest.mark.parametrize("raw", NO_RULES.values(), ids=NO_RULES)
def test_what_is_no_rules_file_has_one_finding(raw: bytes) -> None:
    assert len(lint(raw, "r.yaml")) == 1


def test_ten_thousand_rules_are_linted() -> None:
    whens = [
        f"{{all: [{{field: intent.name, op: eq, value: {INTENTS[number % 12]}}},"
        f" {{field: attributes.campaign, op: eq, value: c{number // 12}}},"
        f" {{field: anger.score, op: gte, value: 0.{number % 7}}}]}}"
        for number in range(10_000)
    ]
    whens[9_999] = whens[17]
    (found,) = said(file_of(*whens))
    assert "rule r-9999: when: never decides: r-17 come before it" in found


@settings(max_examples=100, deadline=None)
@given(
    conditions=st.lists(CONDITIONS, min_size=2, max_size=4),
    turns=st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(["x", "y", "z"]), st.sampled_from(["", "a", "b"])),
            st.sampled_from(["web", "vip", "standard"]),
        ),
        max_size=8,
    ),
)
def test_a_route_said_never_to_decide_never_decides(
    conditions: list[str], turns: list[tuple[dict[str, str], str]]
) -> None:
    rules = ruleset_of(conditions)
    start = RULES.index("  - id: first")
    routes = "".join(
        f"  - {{id: r-{number}, when: {when}, action: route, target: {{queue: q}}, priority: 1,"
        f" reason: {{code: a, en: b, zh: c}}}}\n"
        for number, when in enumerate(conditions)
    )
    end = RULES.index("default:\n  action")
    found = lint((RULES[:start] + routes + RULES[end:]).encode(), "r.yaml")
    never = {one.rule for one in found if "never" in one.problem}
    for attributes, channel in turns:
        features = features_of(rules, attributes=attributes, channel=channel)
        route, *_ = rules.shortlist.choose(features, "en", 0)
        assert route.id not in never
