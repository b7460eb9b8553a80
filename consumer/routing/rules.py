"""A ruleset, ready to use, and the loader of its file: the only code of routing that reads one.

Every mistake is refused with its line and column, the rule, the field and the value. Whether
rules shadow each other is not looked at here: `rules_lint.py` does.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from consumer.contract.decision import RulesetRef
from consumer.routing.conditions import leaves
from consumer.routing.escalation_policy import Policy, compile_policy
from consumer.routing.knowledge import Knowledge
from consumer.routing.readings import CategoryThresholds, IntentThresholds
from consumer.routing.route_compiler import (
    Inventory,
    Surroundings,
    compile_default,
    compile_route,
)
from consumer.routing.routes import Route
from consumer.routing.rules_error import Mistakes, RuleMistakeError
from consumer.routing.rules_parts import (
    compile_calendars,
    compile_knowledge,
    compile_sla,
    compile_thresholds,
    compile_vocabulary,
)
from consumer.routing.rules_reader import locate, read_spec
from consumer.routing.rules_schema import RULES_FORMAT, RulesSpec
from consumer.routing.shortlist import Shortlist

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
    knowledge: Knowledge
    policies: Mapping[str, Policy]
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
    mistakes = Mistakes()
    ruleset = compile_rules(spec, hashlib.sha256(raw).hexdigest(), mistakes)
    if ruleset is None:
        raise locate(source, file, mistakes.found[0])
    return ruleset


def compile_rules(spec: RulesSpec, sha256: str, mistakes: Mistakes) -> Ruleset | None:
    """The ruleset; None where there is a mistake. All that can be told at once are collected."""
    with mistakes.collected():
        _check_heading(spec)
    calendars = compile_calendars(spec, mistakes)
    sla = compile_sla(spec, mistakes)
    thresholds = compile_thresholds(spec.thresholds, mistakes)
    knowledge = compile_knowledge(spec, mistakes)
    around = Surroundings(
        tuple(spec.languages.supported),
        compile_vocabulary(spec, calendars),
        sla,
        calendars,
        Inventory.of(spec.targets),
    )
    policies = _policies(spec, around, mistakes)
    routes = _routes(spec, around, mistakes)
    default: Route | None = None
    with mistakes.collected():
        default = compile_default(spec.default, ("default",), around)
    if mistakes.found or default is None:
        return None
    return Ruleset(
        ref=RulesetRef(spec.name, spec.version, sha256),
        intent_bounds=thresholds.intent,
        category_bounds=thresholds.category,
        repeat_contact_from=spec.repeat_contact_from,
        languages={language: language for language in spec.languages.supported},
        fallback_language=spec.languages.fallback,
        knowledge=knowledge,
        policies=policies,
        masks=frozenset(spec.privacy.mask),
        routes=routes,
        default=default,
        intents=_named_intents(spec),
        shortlist=Shortlist(routes, default),
    )


def _check_heading(spec: RulesSpec) -> None:
    if spec.format != RULES_FORMAT:
        raise RuleMistakeError(
            ("format",), f"{spec.format} is not {RULES_FORMAT}, which is read here"
        )
    if spec.languages.fallback not in spec.languages.supported:
        raise RuleMistakeError(("languages", "fallback"), "is not one of the supported languages")


def _policies(spec: RulesSpec, around: Surroundings, mistakes: Mistakes) -> dict[str, Policy]:
    policies: dict[str, Policy] = {}
    for index, item in enumerate(spec.escalations):
        with mistakes.collected():
            policy = compile_policy(item, ("escalations", index), around, spec.guards)
            if policy.kind in policies:
                problem = f"{policy.kind} is given twice"
                raise RuleMistakeError(("escalations", index, "kind"), problem)
            policies[policy.kind] = policy
    return policies


def _routes(spec: RulesSpec, around: Surroundings, mistakes: Mistakes) -> tuple[Route, ...]:
    seen: set[str] = {"default"}
    routes: list[Route] = []
    for index, item in enumerate(spec.routes):
        with mistakes.collected():
            if item.id in seen:
                raise RuleMistakeError(("routes", index, "id"), f"{item.id!r} is taken")
            seen.add(item.id)
            routes.append(compile_route(item, ("routes", index), around))
    return tuple(routes)


def _named_intents(spec: RulesSpec) -> frozenset[str]:
    named = set(spec.thresholds.intent.labels)
    for route in spec.routes:
        for leaf in leaves(route.when):
            if leaf.field == "intent.name" and leaf.op != "matches":
                named.update(leaf.value if isinstance(leaf.value, list) else [str(leaf.value)])
    return frozenset(named)
