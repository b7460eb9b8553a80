"""Finds the first route that applies, at the cost of the few that could.

Most conditions look at the labels. For one combination of labels (the key) they are decided once:
routes that cannot match drop out, those that remain keep only the conditions still open. Targets
and reasons that depend on nothing but the key are made once too. The outcome is that of trying
every route in turn; `tests/routing` compares the two.
"""

from dataclasses import dataclass

from consumer.contract.decision import BusinessHours, Entity, Evidence, Reason, Target
from consumer.routing.features import Features
from consumer.routing.operators import Test
from consumer.routing.routes import KEYED_VALUES, Route
from consumer.routing.templates import TextPair

ANY_TIME_MS = 0
MAX_KEYS = 4_096  # labels are few; a bound in case a field that should be closed is not

Key = tuple[str, str, str, tuple[str, ...], tuple[str, ...], bool, str]
Place = tuple[BusinessHours, Target]
Choice = tuple[Route, BusinessHours, Target, Reason]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A route that may match under a key: what is still to test, and what is known already."""

    route: Route
    test: Test | None
    place: Place | None
    reason: Reason | None
    text: TextPair[Features]
    evidence: tuple[Evidence, ...] | None

    def reason_for(self, features: Features) -> Reason:
        """Why it applies, where the key alone does not tell."""
        route, evidence = self.route, self.evidence
        if evidence is None:
            evidence = route.evidence(features)
        return Reason(route.code, route.id, self.text.render(features), evidence)


class Shortlist:
    """The routes of a ruleset, by key."""

    __slots__ = ("_candidates", "_default", "_routes")

    def __init__(self, routes: tuple[Route, ...], default: Route) -> None:
        self._routes = routes
        self._default = default
        self._candidates: dict[Key, tuple[Candidate, ...]] = {}

    def choose(self, features: Features, language: str, at_ms: int) -> Choice:
        """The first route that applies: its condition holds and its target can be built."""
        intent = features.intent
        key = (
            features.category.label,
            intent.name,
            intent.status,
            features.escalation.kinds,
            features.degraded_reasons,
            features.answerable,
            language,
        )
        candidates = self._candidates.get(key)
        if candidates is None:
            candidates = self._narrow(key, features, language)
        for candidate in candidates:
            test = candidate.test
            if test is not None and not test(features):
                continue
            route = candidate.route
            place = candidate.place or _place(route, language, at_ms, features.entities)
            if place is not None:
                return route, *place, candidate.reason or candidate.reason_for(features)
        message = "the default always applies"
        raise AssertionError(message)

    def _narrow(self, key: Key, features: Features, language: str) -> tuple[Candidate, ...]:
        found: list[Candidate] = []
        for route in (*self._routes, self._default):
            test = route.narrow(features)
            if test is not False:
                open_test = None if test is True else test
                found.append(_candidate(route, open_test, features, language))
        candidates = tuple(found)
        if len(self._candidates) < MAX_KEYS:
            self._candidates[key] = candidates
        return candidates


def _candidate(route: Route, test: Test | None, features: Features, language: str) -> Candidate:
    condition = route.condition
    is_keyed = condition is None or condition.is_keyed
    evidence = route.evidence(features) if is_keyed else None
    text = route.text.settle(features, KEYED_VALUES)
    reason = None
    if evidence is not None and text.fixed is not None:
        reason = Reason(route.code, route.id, text.fixed, evidence)
    # No entity is asked for, so a target that needs one stays open.
    place = _place(route, language, ANY_TIME_MS, ()) if route.is_always_open else None
    return Candidate(route, test, place, reason, text, evidence)


def _place(route: Route, language: str, at_ms: int, entities: tuple[Entity, ...]) -> Place | None:
    hours = route.hours(at_ms)
    target = route.target(language, hours.open, entities)
    return None if target is None else (hours, target)
