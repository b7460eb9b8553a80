"""Turns the conditions of a rules file into matchers, and refuses those that make no sense."""

from consumer.routing.fields import OPERATORS, Field, Operand, find_field, known_fields
from consumer.routing.matchers import All, Any, Condition, Leaf, Not
from consumer.routing.phrases import compile_pattern
from consumer.routing.rules_error import RuleMistakeError
from consumer.routing.rules_schema import ConditionSpec
from consumer.routing.vocabulary import Bound, Vocabulary
from consumer.routing.yaml_source import Path

MAX_DEPTH = 8
MAX_PARTS = 32


def compile_condition(
    spec: ConditionSpec, path: Path, names: Vocabulary, depth: int = 0
) -> Condition:
    """The matcher of a condition.

    Raises:
        RuleMistakeError: an unknown field or operator, a value that can never hold, a wrong shape.
    """
    if depth > MAX_DEPTH:
        raise RuleMistakeError(path, f"conditions are nested deeper than {MAX_DEPTH}")
    if _shape(spec, path) == "leaf":
        return _leaf(spec, path, names)
    if spec.negated is not None:
        return Not(compile_condition(spec.negated, (*path, "not"), names, depth + 1))
    word, parts = ("all", spec.all) if spec.all is not None else ("any", spec.any)
    if not parts or len(parts) > MAX_PARTS:
        raise RuleMistakeError((*path, word), f"needs 1 to {MAX_PARTS} conditions")
    compiled = tuple(
        compile_condition(part, (*path, word, index), names, depth + 1)
        for index, part in enumerate(parts)
    )
    return All(compiled) if word == "all" else Any(compiled)


def leaves(spec: ConditionSpec) -> tuple[ConditionSpec, ...]:
    """Every field condition inside, for those who look for shadowed or unknown values."""
    if spec.negated is not None:
        return leaves(spec.negated)
    parts = spec.all if spec.all is not None else spec.any
    if parts is None:
        return (spec,)
    return tuple(leaf for part in parts for leaf in leaves(part))


def _shape(spec: ConditionSpec, path: Path) -> str:
    groups = [
        word
        for word, part in (("all", spec.all), ("any", spec.any), ("not", spec.negated))
        if part is not None
    ]
    is_leaf = spec.field is not None or spec.op is not None or spec.value is not None
    if len(groups) + is_leaf != 1:
        raise RuleMistakeError(
            path, "needs either field, op and value, or exactly one of all, any, not"
        )
    if not is_leaf:
        return groups[0]
    for name in ("field", "op", "value"):
        if getattr(spec, name) is None:
            raise RuleMistakeError(path, f"{name} is missing")
    return "leaf"


def _leaf(spec: ConditionSpec, path: Path, names: Vocabulary) -> Leaf:
    name, op = spec.field or "", spec.op or ""
    field = find_field(name, names)
    if field is None:
        known = ", ".join(known_fields(names))
        raise RuleMistakeError((*path, "field"), f"unknown field {name!r}; known: {known}")
    if op not in OPERATORS[field.type]:
        allowed = ", ".join(OPERATORS[field.type])
        raise RuleMistakeError((*path, "op"), f"{name} takes {allowed}, not {op!r}")
    return Leaf(field, op, _operand(field, op, spec, path, names))


def _operand(field: Field, op: str, spec: ConditionSpec, path: Path, names: Vocabulary) -> Operand:
    value, at = spec.value, (*path, "value")
    if op == "exists":
        return _flag(value, at)
    if op == "in":
        return _choices(field, value, at)
    if field.type == "number":
        return _number(field, value, at, names)
    if field.type == "flag":
        return _flag(value, at)
    if op == "matches":
        return _checked_pattern(value, at)
    return _text(field, value, at)


def _checked_pattern(value: object, path: Path) -> str:
    if not isinstance(value, str):
        raise RuleMistakeError(path, f"matches takes a pattern, not {value!r}")
    try:
        compile_pattern(value)
    except ValueError as error:
        raise RuleMistakeError(path, f"{value!r} is {error}") from None
    return value


def _flag(value: object, path: Path) -> bool:
    if not isinstance(value, bool):
        raise RuleMistakeError(path, f"{value!r} is neither true nor false")
    return value


def _number(field: Field, value: object, path: Path, names: Vocabulary) -> float | Bound:
    if isinstance(value, str):
        bound = names.bounds.get((field.name, value))
        if bound is not None:
            return bound
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RuleMistakeError(path, f"{field.name} is a number, {value!r} is not")
    return float(value)


def _choices(field: Field, value: object, path: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise RuleMistakeError(path, f"in takes a list, not {value!r}")
    return tuple(_text(field, item, (*path, index)) for index, item in enumerate(value))


def _text(field: Field, value: object, path: Path) -> str:
    if not isinstance(value, str):
        raise RuleMistakeError(path, f"{field.name} takes a text, not {value!r}")
    if field.known and value not in field.known:
        known = ", ".join(field.known)
        raise RuleMistakeError(path, f"{value!r} never occurs in {field.name}; known: {known}")
    return value
