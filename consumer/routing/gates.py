"""Passes over routes that ask for more than a turn shows, many with one comparison.

A gate stands before all routes that cannot hold unless one number is high (or low) enough: while
it is beyond the least that any of them asks for, none of them needs a look.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from consumer.routing.fields import Field
from consumer.routing.matchers import All, Condition, Leaf
from consumer.routing.operators import Test
from consumer.routing.vocabulary import Bound

MIN_ROUTES = 4  # fewer are tried at less than a gate costs
_HIGH = frozenset(("gte", "gt", "eq"))
_LOW = frozenset(("lte", "lt"))

_Side = tuple[str, bool]
"""(field, whether a high value is asked for)"""


def gates_of(conditions: Sequence[Condition | None]) -> tuple[tuple[Test, ...], frozenset[int]]:
    """The gates' tests, and the numbers of the conditions that can hold only if one passes."""
    asked = [dict(_asked(one)) if one is not None else {} for one in conditions]
    counts = Counter(side for sides in asked for side in sides)
    behind: dict[_Side, list[int]] = {}
    for number, sides in enumerate(asked):
        side = max(sides, key=lambda one: (counts[one], one), default=None)
        if side is not None:
            behind.setdefault(side, []).append(number)
    worth = {side: numbers for side, numbers in behind.items() if len(numbers) >= MIN_ROUTES}
    tests = tuple(
        _gate(side, [asked[number][side] for number in numbers]) for side, numbers in worth.items()
    )
    return tests, frozenset(number for numbers in worth.values() for number in numbers)


def _asked(condition: Condition) -> Iterator[tuple[_Side, tuple[Field, float]]]:
    """Bounds on numbers without which the condition cannot hold."""
    if isinstance(condition, All):
        for part in condition.parts:
            yield from _asked(part)
    elif isinstance(condition, Leaf) and condition.field.type == "number":
        field, op, value = condition.field, condition.op, condition.value
        if op in _HIGH | _LOW:
            yield (field.name, op in _HIGH), (field, _loosest(value, high=op in _HIGH))


def _loosest(value: object, *, high: bool) -> float:
    """The bound of the label for which it asks least."""
    if isinstance(value, Bound):
        every = (value.base, *value.by_label.values())
        return min(every) if high else max(every)
    assert isinstance(value, int | float)  # noqa: S101  checked when the rules are loaded
    return float(value)


def _gate(side: _Side, bounds: Sequence[tuple[Field, float]]) -> Test:
    read, values = bounds[0][0].number, [bound for _, bound in bounds]
    if side[1]:
        least = min(values)
        return lambda features: read(features) >= least
    most = max(values)
    return lambda features: read(features) <= most
