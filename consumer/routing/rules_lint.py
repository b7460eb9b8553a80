"""Everything that is wrong with a rules file, or looks so, at once, with line and column.

What makes the service refuse a file is found by the code that loads it. Here are the mistakes
that would load: rules that never decide, targets that are never used, fallbacks that go in a
circle, labels that the models do not have.
"""

import hashlib
from collections.abc import Iterator, Mapping

from consumer.routing.calendars import Calendar
from consumer.routing.conditions import leaves
from consumer.routing.fields import CALENDAR_PREFIX, DICTIONARY_PREFIX, ENTITY_PREFIX
from consumer.routing.matchers import Condition
from consumer.routing.routes import ANSWER, Route
from consumer.routing.rules import Ruleset, compile_rules
from consumer.routing.rules_coverage import Coverage
from consumer.routing.rules_error import Mistakes, RuleMistakeError, RulesError
from consumer.routing.rules_labels import ANY_LABELS, ModelLabels, unknown_labels
from consumer.routing.rules_logic import Box, Values, boxes, is_empty, meet, yes
from consumer.routing.rules_parts import compile_calendars
from consumer.routing.rules_reader import locate, read_source, shape_errors, spec_of
from consumer.routing.rules_schema import FallbackSpec, RouteBody, RulesSpec
from consumer.routing.templates import PRODUCT_QUEUE, placeholders
from consumer.routing.yaml_source import Path

_OK = Values(frozenset(("ok",)))
_NOT_DEGRADED = Values(frozenset((False,)))


def lint(raw: bytes, file: str, labels: ModelLabels = ANY_LABELS) -> list[RulesError]:
    """All findings of a rules file, in the order of its lines. Never raises."""
    try:
        source = read_source(raw, file)
    except RulesError as error:
        return [error]
    wrong = shape_errors(source, file)
    if wrong:
        return _in_order(wrong)
    spec = spec_of(source, file)
    mistakes = Mistakes()
    ruleset = compile_rules(spec, hashlib.sha256(raw).hexdigest(), mistakes)
    found = [*mistakes.found, *_findings(spec, labels)]
    if ruleset is not None:
        found += _never_deciding(spec, ruleset)
    return _in_order([locate(source, file, mistake) for mistake in found])


def _in_order(errors: list[RulesError]) -> list[RulesError]:
    return sorted(errors, key=lambda one: (one.line, one.column))


def _findings(spec: RulesSpec, labels: ModelLabels) -> Iterator[RuleMistakeError]:
    yield from unknown_labels(spec, labels)
    bodies: list[tuple[RouteBody, Path]] = [
        (route, ("routes", index)) for index, route in enumerate(spec.routes)
    ]
    calendars = compile_calendars(spec, Mistakes())
    for body, path in [*bodies, (spec.default, ("default",))]:
        yield from _useless_fallbacks(body, path)
        yield from _closed_never(calendars, body, path)
    yield from _unused(spec)


def _useless_fallbacks(body: RouteBody, path: Path) -> Iterator[RuleMistakeError]:
    """Fallbacks that lead back to where it has waited before, with the same skills."""
    skills = set(body.target.skills)
    last = (_told(body), frozenset(skills))
    seen = {last}
    for index, fallback in enumerate(body.fallbacks):
        at: Path = (*path, "fallbacks", index)
        strange = [skill for skill in fallback.drop_skills if skill not in skills]
        if strange:
            problem = f"{strange[0]!r} is no skill that is still asked for here"
            yield RuleMistakeError((*at, "drop_skills"), problem)
        skills = (skills | set(fallback.target.skills)) - set(fallback.drop_skills)
        place = (_told(fallback), frozenset(skills))
        if place in seen and (place != last or not fallback.priority_delta):
            problem = f"leads back to {place[0]} with the same skills: a circle"
            yield RuleMistakeError((*at, "target"), problem)
        seen.add(place)
        last = place


def _told(item: RouteBody | FallbackSpec) -> str:
    target = item.target
    for kind in ("queue", "flow", "page", "agent"):
        name = getattr(target, kind)
        if name is not None:
            return f"{kind} {name!r}"
    return "nowhere"


def _closed_never(
    calendars: Mapping[str, Calendar], body: RouteBody, path: Path
) -> Iterator[RuleMistakeError]:
    calendar = calendars.get(body.calendar or "")
    if body.out_of_hours is not None and calendar is not None and calendar.is_always_open:
        problem = f"is never reached: calendar {body.calendar!r} never closes"
        yield RuleMistakeError((*path, "out_of_hours"), problem)


def _unused(spec: RulesSpec) -> Iterator[RuleMistakeError]:
    """Lists and calendars that nothing looks at."""
    used = {leaf.field or "" for route in spec.routes for leaf in leaves(route.when)}
    phrases = {
        str(leaf.value)
        for route in spec.routes
        for leaf in leaves(route.when)
        if leaf.field == "phrases"
    }
    bodies: list[RouteBody] = [*spec.routes, spec.default]
    needed = {name for body in bodies for name in _needs(body)}
    calendars = {body.calendar for body in bodies} | {
        name.removeprefix(CALENDAR_PREFIX) for name in used
    }
    for name in spec.phrases:
        if name not in phrases and "True" not in phrases:
            yield RuleMistakeError(("phrases", name), "no rule looks at it")
    for name in spec.dictionaries:
        if f"{DICTIONARY_PREFIX}{name}" not in used | needed:
            yield RuleMistakeError(("dictionaries", name), "no rule looks at it")
    for name in spec.calendars:
        if name not in calendars:
            yield RuleMistakeError(("calendars", name), "no rule looks at it")
    if spec.products and not any(name.startswith("product.") for name in used | needed):
        yield RuleMistakeError(("products",), "no rule looks at it")


def _needs(body: RouteBody) -> Iterator[str]:
    """Placeholders of the route's own target."""
    for kind in ("queue", "flow", "page", "agent"):
        name = getattr(body.target, kind)
        try:
            yield from placeholders(name) if name is not None else ()
        except ValueError:  # told by the loader
            return


def _never_deciding(spec: RulesSpec, ruleset: Ruleset) -> Iterator[RuleMistakeError]:
    """Routes whose condition cannot hold, and those to which earlier ones leave nothing."""
    every = [
        _route_boxes(route, body) for route, body in zip(ruleset.routes, spec.routes, strict=True)
    ]
    coverage = Coverage(box for one in every for box in one or ())
    for index, (route, found) in enumerate(zip(ruleset.routes, every, strict=True)):
        path: Path = ("routes", index, "when")
        if found is None:
            continue
        if not found:
            yield RuleMistakeError(path, "can never apply: its conditions exclude each other")
            continue
        shadows = coverage.covering(found)
        if shadows:
            yield RuleMistakeError(path, f"never decides: {' and '.join(shadows)} come before it")
        coverage.add(route.id, found)


def _route_boxes(route: Route, body: RouteBody) -> list[Box] | None:
    """When the route applies: its condition, what its action asks for and what its target needs."""
    condition: Condition | None = route.condition
    found: list[Box] | None = [{}] if condition is None else boxes(condition)
    if found is None:
        return None
    also = _asked(route, body)
    return [both for box in found if not is_empty(both := meet(box, also))]


def _asked(route: Route, body: RouteBody) -> Box:
    asked: Box = {}
    if route.action == ANSWER:
        asked = {"answerable": Values(frozenset((True,))), "intent.status": _OK}
        asked = meet(asked, {"degraded": _NOT_DEGRADED})
    for name in _needs(body):
        if name.startswith(ENTITY_PREFIX):
            kind = name.removeprefix(ENTITY_PREFIX)
            asked = meet(asked, {**yes(f"entities has {kind}"), **yes("entities exists")})
            asked = meet(asked, {f"entity.{kind}": Values(frozenset((None, "")), inverted=True)})
            # Its value may be unfit for a target.
            asked = meet(asked, yes(f"fit {name}"))
        elif name == PRODUCT_QUEUE or name.startswith(DICTIONARY_PREFIX):
            asked = meet(asked, {name: Values(frozenset((None, "")), inverted=True)})
    return asked
