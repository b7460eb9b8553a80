"""Finds the first route that applies, at the cost of the few that could.

Most conditions look at the labels. For one combination of labels (the key) they are decided once:
routes that cannot match drop out, those that remain keep only the conditions still open. Reasons
that depend on nothing but the key are written once too. The outcome is that of trying every route
in turn; `tests/routing` compares the two.
"""

from dataclasses import dataclass

from consumer.contract.decision import BusinessHours, Evidence, Reason, ReasonText, Target
from consumer.routing.features import Features
from consumer.routing.operators import Test
from consumer.routing.routes import Route

MAX_KEYS = 4_096  # labels are few; a bound in case a field that should be closed is not

Key = tuple[str, str, str, tuple[str, ...], tuple[str, ...], bool]
Choice = tuple[Route, BusinessHours, Target, Reason]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A route that may match under a key: what is still to test, and the texts already written."""

    route: Route
    test: Test | None
    text: ReasonText | None
    evidence: tuple[Evidence, ...] | None

    def reason(self, features: Features) -> Reason:
        """Why it applies."""
        route, text, evidence = self.route, self.text, self.evidence
        if text is None:
            text = route.text.render(features)
        if evidence is None:
            evidence = route.evidence(features)
        return Reason(route.code, route.id, text, evidence)


class Shortlist:
    """The routes of a ruleset, by key."""

    __slots__ = ("_candidates", "_default", "_routes")

    def __init__(self, routes: tuple[Route, ...], default: Route) -> None:
        self._routes = routes
        self._default = default
        self._candidates: dict[Key, tuple[Candidate, ...]] = {}

    def choose(self, features: Features, language: str, at_ms: int) -> Choice:
        """The first route that applies: its condition holds and its target can be built."""
        key = (
            features.category.label,
            features.intent.name,
            features.intent.status,
            features.escalation.kinds,
            features.degraded_reasons,
            features.answerable,
        )
        candidates = self._candidates.get(key)
        if candidates is None:
            candidates = self._narrow(key, features)
        for candidate in candidates:
            test = candidate.test
            if test is not None and not test(features):
                continue
            route = candidate.route
            hours = route.hours(at_ms)
            target = route.target(language, hours.open, features.entities)
            if target is not None:
                return route, hours, target, candidate.reason(features)
        message = "the default always applies"
        raise AssertionError(message)

    def _narrow(self, key: Key, features: Features) -> tuple[Candidate, ...]:
        found: list[Candidate] = []
        for route in (*self._routes, self._default):
            test = route.narrow(features)
            if test is not False:
                found.append(_candidate(route, None if test is True else test, features))
        candidates = tuple(found)
        if len(self._candidates) < MAX_KEYS:
            self._candidates[key] = candidates
        return candidates


def _candidate(route: Route, test: Test | None, features: Features) -> Candidate:
    condition = route.condition
    is_keyed = condition is None or condition.is_keyed
    return Candidate(
        route,
        test,
        route.text.render(features) if route.has_keyed_text else None,
        route.evidence(features) if is_keyed else None,
    )
