"""A mistake in the rules file is refused with its place, its rule, its field and its value."""

import hashlib
from pathlib import Path

import pytest

from consumer.contract.known_values import ESCALATION_KINDS
from consumer.routing.rules import DEFAULT_RULES, default_ruleset, load_ruleset, parse_ruleset
from consumer.routing.rules_error import RulesError

RULES = """\
format: 1
name: test
version: "7"
languages: {supported: [en, zh], fallback: en}
thresholds:
  intent: {out_of_scope: 0.2, suggest: 0.4, automate: 0.8, ambiguity_margin: 0.1}
  category: {suggest: 0.5, automate: 0.7}
calendars:
  shop: {tz: UTC, open: {mon-fri: "09:00-18:00"}, special_dates: {2026-10-10: "10:00-12:00"}}
sla:
  default: {first_response_s: 180, resolution_s: 86400}
phrases:
  threat: {zh: {contains: [起诉]}, en: {contains: [lawyer], patterns: ["sue (you|them)"]}}
dictionaries:
  city: {shanghai: [上海, Shanghai], berlin: [Berlin]}
products:
  - {brand: Acme, product: X1, terms: [acme x1], queue: acme_care}
  - {brand: Acme, terms: [acme]}
escalations:
  - kind: anger
    id: esc
    enter: {score: 0.5, turns: 2}
    fast: {score: 0.8}
    exit: {below: 0.3, turns: 2}
    cool_down_s: 600
    ack_within_s: 60
    expire_after_s: 7200
    severity: [{score: 0.5, level: 2}]
    recommended:
      action: escalate
      target: {queue: "care_{language}"}
      tone: calm
      suppress_recommendations: true
    summary: {en: "Angry", zh: "愤怒"}
routes:
  - id: first
    when: {field: channel, op: eq, value: web}
    action: route
    target: {queue: "web_{language}", skills: ["{language}"]}
    priority: 50
    calendar: shop
    out_of_hours: {flow: leave_message}
    fallbacks:
      - {after_s: 60, target: {queue: general}}
    reason: {code: web, en: "From {channel}", zh: "来自 {channel}"}
default:
  action: route
  target: {queue: general}
  priority: 10
  reason: {code: default, en: "Nothing else", zh: "无"}
"""


def test_the_rules_that_come_with_the_service_are_valid() -> None:
    rules = default_ruleset()
    assert rules.name == "default"
    assert rules.sha256 == hashlib.sha256(DEFAULT_RULES.read_bytes()).hexdigest()
    assert set(rules.policies) == set(ESCALATION_KINDS)


def test_a_file_gives_its_name_version_and_hash(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES, encoding="utf-8")
    rules = load_ruleset(path)
    assert (rules.name, rules.version) == ("test", "7")
    assert rules.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("code", "language"),
    [("en", "en"), ("zh", "zh"), ("zh-Hans", "zh"), ("EN-gb", "en"), ("fr", "en"), ("und", "en")],
)
def test_a_language_without_queues_takes_the_fallback(code: str, language: str) -> None:
    assert parse_ruleset(RULES.encode(), "r.yaml").language_of(code) == language


# (old text, new text, where the mistake is found, what is said of it)
MISTAKES = [
    ("format: 1", "format: 2", "format", "2 is not 1"),
    ("    priority: 50", "    prority: 50", "prority", "rule first: prority: unknown field"),
    ("    priority: 50", "    priority: 500", "500", "rule first: priority: Expected `int` <= 100"),
    ("    priority: 50\n", "", "- id: first", "rule first: priority is missing"),
    ("    priority: 50", "    priority: high", "high", "got 'high'"),
    ('version: "7"', "version: 7", "version: 7", "version: Expected `str`, got `int`, got 7"),
    (
        '    action: route\n    target: {queue: "web',
        '    action: guess\n    target: {queue: "web',
        "guess",
        "rule first: action: 'guess' is none of answer",
    ),
    ("fallback: en", "fallback: fr", "fallback: fr", "not one of the supported"),
    ("suggest: 0.4", "suggest: 0.9", "intent:", "suggest 0.9 must be below automate 0.8"),
    ("out_of_scope: 0.2", "out_of_scope: 0.5", "intent:", "must be below suggest 0.4"),
    ("score: 0.8", "score: 0.4", "0.4}", "rule esc: fast.score: 0.4 is below the enter score 0.5"),
    ("below: 0.3", "below: 0.5", "below: 0.5", "rule esc: exit.below: 0.5 is not below the enter"),
    ("kind: anger", "kind: rage", "kind: rage", "rule esc: kind: Invalid value 'rage'"),
    ("ack_within_s: 60", "ack_within_s: 7200", "ack_within_s", "7200 is not before"),
    ("tone: calm", "tone: loud", "tone", "'loud' is none of apologetic"),
    ("calendar: shop", "calendar: shp", "calendar: shp", "there is no 'shp'; there are: shop"),
    ("    calendar: shop\n", "", "out_of_hours", "out_of_hours: needs a calendar"),
    ("tz: UTC", "tz: Mars/Base", "tz: Mars", "calendars.shop.tz: unknown time zone 'Mars/Base'"),
    ("mon-fri", "mon-fry", "open:", "calendars.shop.open: 'mon-fry' is not a day"),
    ("09:00-18:00", "18:00-09:00", "open:", "'18:00-09:00' is not an interval"),
    ("09:00-18:00", "09:00-25:00", "open:", "'09:00-25:00' is not an interval"),
    (
        "first_response_s: 180",
        "first_response_s: 0",
        "first_response_s",
        "sla.default.first_response_s: Expected `int` >= 1, got 0",
    ),
    ("  default: {first", "  other: {first", "sla:", "sla: the policy 'default' is missing"),
    ("value: web}", "value: web, vlaue: 1}", "vlaue", "rule first: when.vlaue: unknown field"),
    ("field: channel,", "field: chanel,", "field: chanel", "when.field: unknown field 'chanel'"),
    ("From {channel}", "From {chanel}", "en:", "reason.en: unknown placeholder {chanel}"),
    ("From {channel}", "From {channel.__class__}", "en:", "unknown placeholder"),
    ("From {channel}", "From {channel!r}", "en:", "takes no format"),
    (
        "{queue: general}\n  priority",
        "{queue: general, flow: x}\n  priority",
        "target:",
        "rule default: target: needs exactly one of",
    ),
    (
        "{queue: general}\n  priority",
        '{page: "/o/{entity.ORDER_ID}"}\n  priority',
        "target:",
        "the default's target cannot need an entity or a product",
    ),
    ("default:\n  action: route", "default:\n  action: answer", "action", "the default cannot"),
    (
        "target: {queue: general}}",
        'target: {page: "/{entity.ORDER_ID}"}}',
        "target:",
        "fallbacks[0].target: an entity or a product is possible only",
    ),
    ("name: test", "name: test\nname: again", "name: again", "'name' is given twice"),
    ("name: test", "name: &a test\nextra: *a", "&a", "aliases are not allowed"),
    ("name: test", "name: [test", "", ""),
    (
        "category: {suggest: 0.5, automate: 0.7}",
        "category: {suggest: 0.5, automate: 0.7, labels: {complaint: {suggest: 0.9}}}",
        "labels:",
        "thresholds.category.labels.complaint: suggest 0.9 must be below automate 0.7",
    ),
    (
        "category: {suggest: 0.5, automate: 0.7}",
        "category: {suggest: 0.5, automate: 0.7}\n  anger: {suggest: 0.5, automate: 0.5}",
        "anger:",
        "thresholds.anger: suggest 0.5 must be below automate 0.5",
    ),
    ("10:00-12:00", "12:00-10:00", "special_dates", "'12:00-10:00' is not an interval"),
    (
        "special_dates",
        "closed_dates: [2026-10-10], special_dates",
        "special_dates",
        "2026-10-10 is among closed_dates too",
    ),
    (
        "sue (you|them)",
        "(?=sue)",
        "patterns",
        "'(?=sue)' is not a pattern that runs in linear time",
    ),
    ("sue (you|them)", "(sue", "patterns", "en.patterns[0]: '(sue' is not a pattern"),
    (
        "threat: {zh: {contains: [起诉]}, en: {contains: [lawyer], patterns",
        "threat: {zh: {unless: [起诉]}, en: {unless",
        "threat:",
        "phrases.threat: holds no phrase",
    ),
    ("berlin: [Berlin]", "berlin: [shanghai]", "city:", "berlin[0]: 'shanghai' is given twice"),
    ("{shanghai: [上海, Shanghai], berlin: [Berlin]}", "{a: []}", "city:", "holds no term"),
    ("terms: [acme]}", 'terms: [" "]}', "terms:", "products[1].terms[0]: an empty term"),
    (
        "terms: [acme]}",
        "terms: []}",
        "terms:",
        "products[1].terms: Expected `array` of length >= 1",
    ),
    (
        "field: channel, op: eq, value: web}",
        "field: dictionary.town, op: eq, value: x}",
        "field:",
        "unknown field 'dictionary.town'; known: category.label",
    ),
    (
        "field: channel, op: eq, value: web}",
        "field: dictionary.city, op: eq, value: paris}",
        "field:",
        "'paris' never occurs in dictionary.city; known: shanghai, berlin",
    ),
    (
        "field: channel, op: eq, value: web}",
        "field: phrases, op: has, value: thread}",
        "field:",
        "'thread' never occurs in phrases; known: threat",
    ),
    (
        "field: channel, op: eq, value: web}",
        "field: product.brand, op: eq, value: Acne}",
        "field:",
        "'Acne' never occurs in product.brand; known: Acme",
    ),
    (
        "field: channel, op: eq, value: web}",
        "field: calendar.shopp, op: eq, value: true}",
        "field:",
        "unknown field 'calendar.shopp'",
    ),
    (
        "field: channel, op: eq, value: web}",
        'field: channel, op: matches, value: "(w+)+\\\\1"}',
        "field:",
        "is not a pattern that runs in linear time",
    ),
    (
        '{queue: "web_{language}", skills',
        '{queue: "{dictionary.town}", skills',
        "target:",
        "unknown placeholder {dictionary.town}; known: dictionary.city, language, product.queue",
    ),
    (
        "{queue: general}\n  priority",
        '{queue: "{product.queue}"}\n  priority',
        "target:",
        "the default's target cannot need an entity or a product",
    ),
    (
        "escalations:",
        "targets: {queues: [general, care_en, care_zh, web_en]}\nescalations:",
        "target:",
        "rule first: target.queue: there is no queue 'web_zh' among targets.queues",
    ),
    (
        "escalations:",
        "targets: {skills: [en]}\nescalations:",
        "skills:",
        "rule first: target.skills[0]: there is no skill 'zh' among targets.skills",
    ),
]


@pytest.mark.parametrize(("old", "new", "place", "said"), MISTAKES)
def test_a_mistake_is_refused_where_it_stands(old: str, new: str, place: str, said: str) -> None:
    text = RULES.replace(old, new, 1)
    assert text != RULES
    with pytest.raises(RulesError) as caught:
        parse_ruleset(text.encode(), "r.yaml")
    error = caught.value
    assert str(error).startswith(f"r.yaml:{error.line}:{error.column}: ")
    assert said in str(error)
    assert place in text.splitlines()[error.line - 1]


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"- 1", b"just text", b"a: " * 3000, b"[" * 5000]
)
def test_a_file_that_is_no_rules_file_is_refused(raw: bytes) -> None:
    with pytest.raises(RulesError):
        parse_ruleset(raw, "r.yaml")


def test_two_routes_cannot_share_an_id() -> None:
    start, end = RULES.index("  - id: first"), RULES.index("default:\n  action")
    with pytest.raises(RulesError, match="rule first: id: 'first' is taken"):
        parse_ruleset((RULES[:end] + RULES[start:end] + RULES[end:]).encode(), "r.yaml")
