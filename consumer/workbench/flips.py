"""The smallest change of one thing that would send a message another way.

Tries, for every condition and bound of the rules, the value that just turns it; nothing is
changed twice.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct

from consumer.contract.decision import Target
from consumer.routing.features import Features
from consumer.routing.fields import Field, FieldValue
from consumer.routing.matchers import Leaf
from consumer.routing.operators import bound_of
from consumer.routing.rules import Ruleset
from consumer.routing.vocabulary import Bound
from consumer.workbench.variations import varied

_JUST = 0.0001  # probabilities are rounded to this
_LABEL_COST = 0.5  # of a label that says how likely it is not
_RANGES = {"sentiment.score": 2.0, "conversation.mood": 2.0, "conversation.trend": 4.0}
_COUNT_RANGE = 10.0
WHOLE_NUMBERS = frozenset(
    (
        "conversation.negative_streak",
        "conversation.turns",
        "conversation.customer_turns",
        "customer.open_orders",
        "customer.contacts_7d",
        "escalation.severity",
    )
)

_LANGUAGE = Field("language.code", "text", lambda one: one.language.code)


class Flip(Struct, frozen=True):
    """One change and where it leads. `cost` is its share of what the field can change at all."""

    field: str
    before: FieldValue
    after: FieldValue
    route: str
    action: str
    target: Target
    cost: float


def flips(features: Features, rules: Ruleset) -> list[Flip]:
    """All changes that lead elsewhere, the smallest first; one for each field and way."""
    language = rules.language_of(features.language.code)
    chosen, _, target, _ = rules.shortlist.choose(features, language, features.at_ms)
    found: dict[tuple[str, str, str], Flip] = {}
    for field, value in _tries(features, rules):
        changed = varied(features, field.name, value, rules)
        if changed is None:
            continue
        spoken = rules.language_of(changed.language.code)
        route, _, other, _ = rules.shortlist.choose(changed, spoken, changed.at_ms)
        if (route.action, other) == (chosen.action, target):
            continue
        cost = _cost(field, value, features)
        before = field.read(features)
        flip = Flip(field.name, before, value, route.id, route.action, other, cost)
        key = (field.name, route.action, f"{other.type} {other.id}")
        if key not in found or cost < found[key].cost:
            found[key] = flip
    return sorted(found.values(), key=lambda one: (one.cost, one.field))


def _tries(features: Features, rules: Ruleset) -> Iterator[tuple[Field, FieldValue]]:
    seen: set[tuple[str, FieldValue]] = set()
    spoken = [(_LANGUAGE, language) for language in rules.languages]
    bounds = _of_bounds(features, rules)
    for field, value in (*_of_conditions(features, rules), *bounds, *spoken):
        if (field.name, value) not in seen and value != field.read(features):
            seen.add((field.name, value))
            yield field, value


def _of_conditions(features: Features, rules: Ruleset) -> Iterator[tuple[Field, FieldValue]]:
    for route in rules.routes:
        for leaf in route.condition.leaves() if route.condition is not None else ():
            for value in _turning(leaf, features):
                yield leaf.field, value


def _of_bounds(features: Features, rules: Ruleset) -> Iterator[tuple[Field, FieldValue]]:
    """Where a status or the right to answer turns."""
    intent = _number("intent.confidence", lambda one: one.intent.confidence)
    margin = _number("intent.margin", lambda one: one.intent.margin)
    category = _number("category.confidence", lambda one: one.category.confidence)
    bounds = rules.intent_bounds.of(features.intent.name)
    for value in (rules.intent_bounds.out_of_scope, bounds.suggest, bounds.automate):
        yield intent, value
        yield intent, round(value - _JUST, 4)
    yield margin, rules.intent_bounds.ambiguity_margin
    yield margin, round(rules.intent_bounds.ambiguity_margin - _JUST, 4)
    needed = rules.category_bounds.of(features.category.label).automate
    yield category, needed
    yield category, round(needed - _JUST, 4)


def _number(name: str, read: Callable[[Features], float]) -> Field:
    return Field(name, "number", read)


def _turning(leaf: Leaf, features: Features) -> Iterator[FieldValue]:
    """Values of the leaf's field around which it turns."""
    value = leaf.value
    if leaf.field.type == "number":
        bound = bound_of(value, features) if isinstance(value, Bound) else value
        assert isinstance(bound, int | float)  # noqa: S101  checked when the rules are loaded
        step = _JUST if leaf.field.name not in WHOLE_NUMBERS else 1.0
        yield from (bound, round(bound - step, 4), round(bound + step, 4))
    elif leaf.field.type == "flag":
        yield not leaf.field.read(features)
    elif leaf.field.type == "list":
        yield from _members(leaf, features)
    elif leaf.op in ("eq", "ne"):
        yield str(value)
    elif isinstance(value, tuple):
        yield from value


def _members(leaf: Leaf, features: Features) -> Iterator[FieldValue]:
    members = leaf.field.members(features)
    if leaf.op != "has":
        yield ()
    elif leaf.value in members:
        yield tuple(one for one in members if one != leaf.value)
    else:
        yield (*members, str(leaf.value))


def _cost(field: Field, value: FieldValue, features: Features) -> float:
    """How far the change goes: numbers by distance, labels by how unlikely they were."""
    if field.type == "number":
        whole = field.name in WHOLE_NUMBERS
        span = _COUNT_RANGE if whole else _RANGES.get(field.name, 1.0)
        before = field.number(features)
        return round(abs(float(value) - before) / span, 4)  # type: ignore[arg-type]  # a number
    if field.name == "category.label":
        scores = features.category.scores
        return round(features.category.confidence - scores.get(str(value), 0.0), 4)
    if field.name == "intent.name":
        known = {one.name: one.confidence for one in features.intent.candidates}
        return round(features.intent.confidence - known.get(str(value), 0.0), 4)
    return _LABEL_COST
