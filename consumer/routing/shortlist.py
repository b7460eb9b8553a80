"""Finds the first route that applies, at the cost of the few that could.

Most conditions compare a field with values of the file. For one combination of such values (the
key) they are decided once: routes that cannot match drop out, those that remain keep only the
conditions still open. Targets and reasons that depend on nothing but the labels are made once too.
The outcome is that of trying every route in turn; `tests/routing` compares the two.
"""

from dataclasses import dataclass

from consumer.contract.decision import BusinessHours, Evidence, Reason, Target
from consumer.routing.features import Features
from consumer.routing.gates import gates_of
from consumer.routing.index import Buckets, Index
from consumer.routing.knowledge import NOTHING_FOUND, Found
from consumer.routing.matchers import Leaf
from consumer.routing.operators import Test
from consumer.routing.routes import KEYED_VALUES, Route
from consumer.routing.templates import TargetSource, TextPair

ANY_TIME_MS = 0
# Bounds on what is remembered: combinations are few, unless a file has thousands of rules.
MAX_KEYS = 4_096
MAX_CANDIDATES = 100_000

Key = tuple[object, ...]
Place = tuple[BusinessHours, Target]
Choice = tuple[Route, BusinessHours, Target, Reason]


class _Nothing:
    """A message of which a target can take nothing."""

    entities = ()
    findings: Found = NOTHING_FOUND


_NOTHING = _Nothing()


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


@dataclass(frozen=True, slots=True)
class Shortlisted:
    """What may match under a key: `usual` alone while all gates are shut, which is most often."""

    usual: tuple[Candidate, ...]
    gates: tuple[Test, ...]
    every: tuple[Candidate, ...]

    def of(self, features: Features) -> tuple[Candidate, ...]:
        """Those that need a look."""
        for gate in self.gates:
            if gate(features):
                return self.every
        return self.usual


class Shortlist:
    """The routes of a ruleset, by key."""

    __slots__ = ("_buckets", "_candidates", "_default", "_held", "_index", "_routes")

    def __init__(self, routes: tuple[Route, ...], default: Route) -> None:
        self._routes = routes
        self._default = default
        conditions = [route.condition for route in routes]
        self._index = Index(conditions)
        self._buckets = Buckets(conditions, self._index)
        self._candidates: dict[Key, Shortlisted] = {}
        self._held = 0

    def choose(self, features: Features, language: str, at_ms: int) -> Choice:
        """The first route that applies: its condition holds and its target can be built."""
        intent, index = features.intent, self._index
        key: Key = (
            features.category.label,
            intent.name,
            intent.status,
            features.escalation.kinds,
            features.degraded_reasons,
            features.answerable,
            language,
        )
        if index.readers:
            key += index.key(features)
        found = self._candidates.get(key)
        if found is None:
            found = self._narrow(key, features, language)
        for candidate in found.of(features) if found.gates else found.usual:
            test = candidate.test
            if test is not None and not test(features):
                continue
            route = candidate.route
            place = candidate.place or _place(route, language, at_ms, features)
            if place is not None:
                return route, *place, candidate.reason or candidate.reason_for(features)
        message = "the default always applies"
        raise AssertionError(message)

    def _narrow(self, key: Key, features: Features, language: str) -> Shortlisted:
        found: list[Candidate] = []
        settled = self._index.settles
        few = [self._routes[number] for number in self._buckets.of(features)]
        for route in (*few, self._default):
            test = route.narrow(features, settled)
            if test is not False:
                open_test = None if test is True else test
                found.append(_candidate(route, open_test, features, language))
        every = tuple(found)
        if len(self._candidates) >= MAX_KEYS or self._held + len(every) > MAX_CANDIDATES:
            return Shortlisted(every, (), every)  # used once: gates cost more than they spare
        self._held += len(every)
        self._candidates[key] = shortlisted = _gated(every)
        return shortlisted


def _gated(every: tuple[Candidate, ...]) -> Shortlisted:
    tests, behind = gates_of([candidate.route.condition for candidate in every])
    usual = tuple(one for number, one in enumerate(every) if number not in behind)
    return Shortlisted(usual, tests, every)


def _candidate(route: Route, test: Test | None, features: Features, language: str) -> Candidate:
    condition = route.condition
    is_keyed = condition is None or all(map(_is_label, condition.leaves()))
    evidence = route.evidence(features) if is_keyed and test is None else None
    text = route.text.settle(features, KEYED_VALUES)
    reason = None
    if evidence is not None and text.fixed is not None:
        reason = Reason(route.code, route.id, text.fixed, evidence)
    # Nothing of the message is given, so a target that needs something stays open.
    place = _place(route, language, ANY_TIME_MS, _NOTHING) if route.is_always_open else None
    return Candidate(route, test, place, reason, text, evidence)


def _is_label(leaf: Leaf) -> bool:
    """Whether the key holds its field's very value."""
    return leaf.field.keyed


def _place(route: Route, language: str, at_ms: int, source: TargetSource) -> Place | None:
    hours = route.hours(at_ms)
    target = route.target(language, hours.open, source)
    return None if target is None else (hours, target)
