"""A ruleset, ready to use, and the loader of its file: the only code of routing that reads one.

Every mistake is refused with its line and column, the rule, the field and the value. Whether
rules shadow each other is not looked at here.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from consumer.contract.decision import RulesetRef
from consumer.routing.calendars import Calendar, parse_week, parse_zone
from consumer.routing.conditions import Bounds, leaves
from consumer.routing.escalation_policy import Policy, compile_policy
from consumer.routing.rate_guard import RateGuard
from consumer.routing.readings import CategoryThresholds, IntentThresholds
from consumer.routing.route_compiler import Surroundings, compile_default, compile_route
from consumer.routing.routes import Route, SlaPolicy
from consumer.routing.rules_error import RuleMistakeError
from consumer.routing.rules_reader import locate, read_spec
from consumer.routing.rules_schema import (
    RULES_FORMAT,
    GuardsSpec,
    RulesSpec,
    ThresholdsSpec,
)
from consumer.routing.shortlist import Shortlist
from consumer.routing.yaml_source import Path

DEFAULT_RULES = FilePath(__file__).with_name("default_rules.yaml")


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Rules as the router reads them. `intents` are those that conditions name."""

    ref: RulesetRef
    intent_bounds: IntentThresholds
    category_bounds: CategoryThresholds
    repeat_contact_from: int
    languages: Mapping[str, str]
    fallback_language: str
    policies: Mapping[str, Policy]
    guards: GuardsSpec
    masks: frozenset[str]
    routes: tuple[Route, ...]
    default: Route
    intents: frozenset[str]
    shortlist: Shortlist

    @property
    def name(self) -> str:
        """The name in the file."""
        return self.ref.name

    @property
    def version(self) -> str:
        """The version in the file."""
        return self.ref.version

    @property
    def sha256(self) -> str:
        """Of the file's bytes."""
        return self.ref.sha256

    def language_of(self, code: str) -> str:
        """The language of `{language}` for a message: 'zh-Hans' is 'zh', 'fr' the fallback."""
        found = self.languages.get(code)
        if found is not None:
            return found
        return self.languages.get(code.partition("-")[0].lower(), self.fallback_language)

    def new_guard(self, meters: Mapping[str, int] | None = None) -> RateGuard:
        """A rate guard of these rules, as far on as `meters` say."""
        return RateGuard(self.guards.opens_per_minute, self.guards.burst, meters)


def default_ruleset() -> Ruleset:
    """The rules that come with the service."""
    return load_ruleset(DEFAULT_RULES)


def load_ruleset(path: FilePath) -> Ruleset:
    """The rules of a file.

    Raises:
        OSError: the file cannot be read.
        RulesError: it can, but not used.
    """
    return parse_ruleset(path.read_bytes(), path.name)


def parse_ruleset(raw: bytes, file: str) -> Ruleset:
    """The rules of a file's bytes; `file` is its name for messages.

    Raises:
        RulesError: the bytes are no usable rules.
    """
    source, spec = read_spec(raw, file)
    try:
        return _compile(spec, hashlib.sha256(raw).hexdigest())
    except RuleMistakeError as problem:
        raise locate(source, file, problem.path, problem.problem) from None


def _compile(spec: RulesSpec, sha256: str) -> Ruleset:
    if spec.format != RULES_FORMAT:
        raise RuleMistakeError(
            ("format",), f"{spec.format} is not {RULES_FORMAT}, which is read here"
        )
    if spec.languages.fallback not in spec.languages.supported:
        raise RuleMistakeError(("languages", "fallback"), "is not one of the supported languages")
    around = _surroundings(spec)
    routes, default = _routes(spec, around), compile_default(spec.default, ("default",), around)
    return Ruleset(
        ref=RulesetRef(spec.name, spec.version, sha256),
        intent_bounds=_intent_bounds(spec.thresholds),
        category_bounds=_category_bounds(spec.thresholds),
        repeat_contact_from=spec.repeat_contact_from,
        languages={language: language for language in spec.languages.supported},
        fallback_language=spec.languages.fallback,
        policies=_policies(spec, around),
        guards=spec.guards,
        masks=frozenset(spec.privacy.mask),
        routes=routes,
        default=default,
        intents=_named_intents(spec),
        shortlist=Shortlist(routes, default),
    )


def _surroundings(spec: RulesSpec) -> Surroundings:
    if "default" not in spec.sla:
        raise RuleMistakeError(("sla",), "the policy 'default' is missing")
    bounds: Bounds = {
        (f"{head}.confidence", name): getattr(getattr(spec.thresholds, head), name)
        for head in ("intent", "category")
        for name in ("suggest", "automate")
    }
    sla = {
        name: SlaPolicy(name, item.first_response_s, item.resolution_s)
        for name, item in spec.sla.items()
    }
    return Surroundings(tuple(spec.languages.supported), bounds, sla, _calendars(spec))


def _calendars(spec: RulesSpec) -> dict[str, Calendar]:
    calendars: dict[str, Calendar] = {}
    for name, item in spec.calendars.items():
        path: Path = ("calendars", name)
        try:
            zone = parse_zone(item.tz)
        except ValueError as error:
            raise RuleMistakeError((*path, "tz"), str(error)) from None
        try:
            week = parse_week(item.open)
        except ValueError as error:
            raise RuleMistakeError((*path, "open"), str(error)) from None
        calendars[name] = Calendar(name, zone, week, frozenset(item.closed_dates))
    return calendars


def _intent_bounds(spec: ThresholdsSpec) -> IntentThresholds:
    bounds, path = spec.intent, ("thresholds", "intent")
    _check_rising(path, "out_of_scope", bounds.out_of_scope, "suggest", bounds.suggest)
    _check_rising(path, "suggest", bounds.suggest, "automate", bounds.automate)
    for name, bound in bounds.automate_overrides.items():
        at = (*path, "automate_overrides", name)
        _check_rising(at, "suggest", bounds.suggest, "automate", bound)
    return IntentThresholds(
        bounds.suggest,
        bounds.automate,
        bounds.ambiguity_margin,
        bounds.out_of_scope,
        dict(bounds.automate_overrides),
    )


def _category_bounds(spec: ThresholdsSpec) -> CategoryThresholds:
    bounds, path = spec.category, ("thresholds", "category")
    _check_rising(path, "suggest", bounds.suggest, "automate", bounds.automate)
    return CategoryThresholds(bounds.suggest, bounds.automate)


def _check_rising(path: Path, low_name: str, low: float, high_name: str, high: float) -> None:
    if low >= high:
        raise RuleMistakeError(path, f"{low_name} {low} must be below {high_name} {high}")


def _policies(spec: RulesSpec, around: Surroundings) -> dict[str, Policy]:
    policies: dict[str, Policy] = {}
    for index, item in enumerate(spec.escalations):
        policy = compile_policy(item, ("escalations", index), around)
        if policy.kind in policies:
            raise RuleMistakeError(("escalations", index, "kind"), f"{policy.kind} is given twice")
        policies[policy.kind] = policy
    return policies


def _routes(spec: RulesSpec, around: Surroundings) -> tuple[Route, ...]:
    seen: set[str] = {"default"}
    for index, item in enumerate(spec.routes):
        if item.id in seen:
            raise RuleMistakeError(("routes", index, "id"), f"{item.id!r} is taken")
        seen.add(item.id)
    return tuple(
        compile_route(item, ("routes", index), around) for index, item in enumerate(spec.routes)
    )


def _named_intents(spec: RulesSpec) -> frozenset[str]:
    named = set(spec.thresholds.intent.automate_overrides)
    for route in spec.routes:
        for leaf in leaves(route.when):
            if leaf.field == "intent.name":
                named.update(leaf.value if isinstance(leaf.value, list) else [str(leaf.value)])
    return frozenset(named)
