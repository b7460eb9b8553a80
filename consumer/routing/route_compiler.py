"""Turns the routes of a rules file into compiled ones, and refuses those that cannot work."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from consumer.contract.decision import Fallback, Target
from consumer.routing.calendars import Calendar
from consumer.routing.conditions import compile_condition
from consumer.routing.matchers import Condition
from consumer.routing.routes import ANSWER, REASON_VALUES, Route, SlaPolicy
from consumer.routing.rules_error import RuleMistakeError
from consumer.routing.rules_schema import (
    FallbackSpec,
    InventorySpec,
    RouteBody,
    RouteSpec,
    TargetSpec,
)
from consumer.routing.templates import (
    DICTIONARY_PREFIX,
    ENTITY_PREFIX,
    LANGUAGE,
    PRODUCT_QUEUE,
    TargetTemplate,
    TextPair,
    placeholders,
    target_template,
    text_pair,
)
from consumer.routing.vocabulary import Vocabulary
from consumer.routing.yaml_source import Path

ACTIONS = ("answer", "route", "offer_human", "escalate")
TARGET_TYPES = ("queue", "flow", "page", "agent")
SKILL = "skill"
DEFAULT_ROUTE = "default"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Inventory:
    """What exists on the platform, by type of target; a type that is not told holds anything."""

    known: Mapping[str, frozenset[str]]

    @staticmethod
    def of(spec: InventorySpec) -> "Inventory":
        """The inventory of a rules file."""
        told = {kind: getattr(spec, f"{kind}s") for kind in (*TARGET_TYPES, SKILL)}
        return Inventory({k: frozenset(names) for k, names in told.items() if names is not None})

    def check(self, kind: str, name: str, path: Path) -> None:
        """Raises RuleMistakeError where there is no such target or skill."""
        if kind in self.known and name not in self.known[kind]:
            raise RuleMistakeError(path, f"there is no {kind} {name!r} among targets.{kind}s")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What routes and escalations refer to by name."""

    languages: tuple[str, ...]
    names: Vocabulary
    sla: Mapping[str, SlaPolicy]
    calendars: Mapping[str, Calendar]
    inventory: Inventory


def compile_route(spec: RouteSpec, path: Path, around: Surroundings) -> Route:
    """One route with its condition."""
    condition = compile_condition(spec.when, (*path, "when"), around.names)
    return _route(spec.id, spec, condition, path, around)


def compile_default(spec: RouteBody, path: Path, around: Surroundings) -> Route:
    """The route of everything that no other matched: it must always be possible."""
    if spec.action == ANSWER:
        raise RuleMistakeError((*path, "action"), "the default cannot answer: it must always apply")
    targets = _targets(spec.target, (*path, "target"), around)
    if any(template.fixed is None for template in targets.values()):
        problem = "the default's target cannot need an entity or a product"
        raise RuleMistakeError((*path, "target"), problem)
    return _route(DEFAULT_ROUTE, spec, None, path, around)


def compile_target(spec: TargetSpec, path: Path, around: Surroundings) -> dict[str, Target]:
    """A target that needs no entity, by language."""
    chosen = _targets(spec, path, around)
    fixed = {language: template.fixed for language, template in chosen.items()}
    found = {language: target for language, target in fixed.items() if target is not None}
    if len(found) < len(fixed):
        problem = "an entity or a product is possible only in a route's own target"
        raise RuleMistakeError(path, problem)
    return found


def compile_text(
    en: str, zh: str, path: Path, values: Mapping[str, Callable[[_T], str]]
) -> TextPair[_T]:
    """A sentence in both languages, with the values that may stand in it."""
    for language, text in (("en", en), ("zh", zh)):
        _check_placeholders(text, (*path, language), frozenset(values))
    return text_pair(en, zh, values)


def _route(
    name: str, spec: RouteBody, condition: Condition | None, path: Path, around: Surroundings
) -> Route:
    _one_of(spec.action, ACTIONS, (*path, "action"))
    closed = spec.out_of_hours
    if closed is not None and spec.calendar is None:
        raise RuleMistakeError((*path, "out_of_hours"), "needs a calendar")
    return Route(
        id=name,
        action=spec.action,
        condition=condition,
        targets=_targets(spec.target, (*path, "target"), around),
        closed_targets=None if closed is None else _closed(closed, path, around),
        fallbacks=_fallbacks(spec.fallbacks, (*path, "fallbacks"), around),
        priority=spec.priority,
        sla=_named(around.sla, spec.sla, (*path, "sla")),
        calendar=_calendar(spec, path, around),
        code=spec.reason.code,
        text=compile_text(spec.reason.en, spec.reason.zh, (*path, "reason"), REASON_VALUES),
    )


def _closed(spec: TargetSpec, path: Path, around: Surroundings) -> Mapping[str, TargetTemplate]:
    compile_target(spec, (*path, "out_of_hours"), around)
    return _targets(spec, (*path, "out_of_hours"), around)


def _calendar(spec: RouteBody, path: Path, around: Surroundings) -> Calendar | None:
    if spec.calendar is None:
        return None
    return _named(around.calendars, spec.calendar, (*path, "calendar"))


def _targets(spec: TargetSpec, path: Path, around: Surroundings) -> dict[str, TargetTemplate]:
    given = [(kind, getattr(spec, kind)) for kind in TARGET_TYPES]
    given = [(kind, identifier) for kind, identifier in given if identifier is not None]
    if len(given) != 1:
        raise RuleMistakeError(path, f"needs exactly one of {', '.join(TARGET_TYPES)}")
    kind, identifier = given[0]
    allowed = frozenset((LANGUAGE, *_findings(around.names)))
    _check_placeholders(identifier, (*path, kind), allowed, entities=True)
    for index, skill in enumerate(spec.skills):
        _check_placeholders(skill, (*path, "skills", index), frozenset((LANGUAGE,)))
    skills = tuple(spec.skills)
    found = {
        language: target_template(kind, identifier, skills, language)
        for language in around.languages
    }
    for template in found.values():
        _check_exists(template, kind, path, around.inventory)
    return found


def _findings(names: Vocabulary) -> Iterator[str]:
    """What a target may take from the rules' own lists."""
    if names.product_queues:
        yield PRODUCT_QUEUE
    yield from (f"{DICTIONARY_PREFIX}{name}" for name in names.dictionaries)


def _check_exists(template: TargetTemplate, kind: str, path: Path, inventory: Inventory) -> None:
    if template.fixed is not None:
        inventory.check(kind, template.fixed.id, (*path, kind))
    for index, skill in enumerate(template.skills):
        inventory.check(SKILL, skill, (*path, "skills", index))


def _fallbacks(
    specs: list[FallbackSpec], path: Path, around: Surroundings
) -> dict[str, tuple[Fallback, ...]]:
    compiled: dict[str, list[Fallback]] = {language: [] for language in around.languages}
    last_s = 0
    for index, spec in enumerate(specs):
        if spec.after_s <= last_s:
            raise RuleMistakeError(
                (*path, index, "after_s"), f"{spec.after_s} is not after {last_s}"
            )
        last_s = spec.after_s
        targets = compile_target(spec.target, (*path, index, "target"), around)
        for language, target in targets.items():
            dropped = tuple(skill.replace("{language}", language) for skill in spec.drop_skills)
            compiled[language].append(Fallback(spec.after_s, target, dropped, spec.priority_delta))
    return {language: tuple(found) for language, found in compiled.items()}


def _check_placeholders(
    text: str, path: Path, allowed: frozenset[str], entities: bool = False
) -> None:
    try:
        names = placeholders(text)
    except ValueError as error:
        raise RuleMistakeError(path, f"{error} in {text!r}") from None
    for name in sorted(names):
        if name in allowed or (entities and _is_entity(name)):
            continue
        known = ", ".join(sorted(allowed)) + (", entity.TYPE" if entities else "")
        raise RuleMistakeError(path, f"unknown placeholder {{{name}}}; known: {known}")


def _is_entity(name: str) -> bool:
    kind = name.removeprefix(ENTITY_PREFIX)
    return kind != name and kind.replace("_", "").isalpha() and kind.isupper()


def _one_of(value: str, known: tuple[str, ...], path: Path) -> None:
    if value not in known:
        raise RuleMistakeError(path, f"{value!r} is none of {', '.join(known)}")


def _named(known: Mapping[str, _T], name: str, path: Path) -> _T:
    if name not in known:
        raise RuleMistakeError(
            path, f"there is no {name!r}; there are: {', '.join(known) or 'none'}"
        )
    return known[name]
