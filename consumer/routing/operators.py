"""The operators of conditions: each makes a closure that tests one field. Explains nothing."""

from collections.abc import Callable

from consumer.routing.features import Features
from consumer.routing.fields import Field, Operand

Test = Callable[[Features], bool]


def compile_test(field: Field, op: str, value: Operand) -> Test:
    """The test; operator and value have been checked against the field."""
    return _COMPILERS[op](field, value)


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
}
