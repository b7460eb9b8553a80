"""The operators of conditions: each makes a closure that tests one field. Explains nothing."""

from collections.abc import Callable
from operator import attrgetter

from consumer.routing.features import Features
from consumer.routing.fields import Field, Operand
from consumer.routing.phrases import compile_pattern
from consumer.routing.vocabulary import Bound

Test = Callable[[Features], bool]
LABEL_OF: dict[str, Callable[[Features], str]] = {
    "intent": attrgetter("intent.name"),
    "category": attrgetter("category.label"),
    "sentiment": attrgetter("sentiment.label"),
    "anger": attrgetter("anger.level"),
}


def compile_test(field: Field, op: str, value: Operand) -> Test:
    """The test; operator and value have been checked against the field."""
    if isinstance(value, Bound):
        return _bound(field, op, value)
    return _COMPILERS[op](field, value)


def bound_of(bound: Bound, features: Features) -> float:
    """The threshold for the label that the features show."""
    return bound.by_label.get(LABEL_OF[bound.head](features), bound.base)


def _bound(field: Field, op: str, bound: Bound) -> Test:
    """Where labels have thresholds of their own, each is a comparison of its own."""
    base = _COMPILERS[op](field, bound.base)
    if not bound.by_label:
        return base
    label = LABEL_OF[bound.head]
    own = {name: _COMPILERS[op](field, value) for name, value in bound.by_label.items()}
    return lambda features: own.get(label(features), base)(features)


def _eq(field: Field, value: Operand) -> Test:
    read = field.read
    return lambda features: read(features) == value


def _ne(field: Field, value: Operand) -> Test:
    read = field.read
    return lambda features: read(features) != value


def _in(field: Field, value: Operand) -> Test:
    read = field.read
    allowed = frozenset(value if isinstance(value, tuple) else (value,))
    return lambda features: read(features) in allowed


def _gte(field: Field, value: Operand) -> Test:
    read, bound = field.number, _number(value)
    return lambda features: read(features) >= bound


def _lte(field: Field, value: Operand) -> Test:
    read, bound = field.number, _number(value)
    return lambda features: read(features) <= bound


def _gt(field: Field, value: Operand) -> Test:
    read, bound = field.number, _number(value)
    return lambda features: read(features) > bound


def _lt(field: Field, value: Operand) -> Test:
    read, bound = field.number, _number(value)
    return lambda features: read(features) < bound


def _exists(field: Field, value: Operand) -> Test:
    read, wanted = field.read, bool(value)
    return lambda features: (read(features) not in (None, "", ())) is wanted


def _has(field: Field, value: Operand) -> Test:
    members = field.members
    return lambda features: value in members(features)


def _matches(field: Field, value: Operand) -> Test:
    read, search = field.read, compile_pattern(str(value)).search
    return lambda features: search(read(features) or "") is not None


def _number(value: Operand) -> float:
    assert isinstance(value, int | float)  # noqa: S101  checked when the rules are loaded
    return float(value)


_COMPILERS: dict[str, Callable[[Field, Operand], Test]] = {
    "eq": _eq,
    "ne": _ne,
    "in": _in,
    "gte": _gte,
    "lte": _lte,
    "gt": _gt,
    "lt": _lt,
    "exists": _exists,
    "has": _has,
    "matches": _matches,
}
