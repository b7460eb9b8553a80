"""What conditions can and cannot hold together: enough to find rules that never decide.

A condition becomes a list of boxes, of which one must hold; a box gives each field that it looks
at a set of values or an interval. What cannot be compared (a pattern, a bound that differs by
label) is an atom of its own: equal atoms agree, others may be anything. Nothing is claimed where
a condition has too many boxes.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from consumer.routing.fields import Field
from consumer.routing.matchers import All, Any, Condition, Leaf, Not
from consumer.routing.vocabulary import Bound

MAX_BOXES = 64
ABSENT = None
_TRUE, _FALSE = frozenset((True,)), frozenset((False,))
_COUNTS = ("turns", "negative_streak", "open_orders", "contacts_7d")
_SIGNED = {"sentiment.score": 1.0, "conversation.mood": 1.0, "conversation.trend": 2.0}


@dataclass(frozen=True, slots=True)
class Values:
    """The values of `members`, or (inverted) all but these."""

    members: frozenset[object]
    inverted: bool = False

    def meet(self, other: "Values") -> "Values":
        """What both allow."""
        if self.inverted and other.inverted:
            return Values(self.members | other.members, inverted=True)
        if self.inverted:
            return Values(other.members - self.members)
        if other.inverted:
            return Values(self.members - other.members)
        return Values(self.members & other.members)

    def within(self, other: "Values") -> bool:
        """Whether `other` allows all that this does."""
        if not self.inverted:
            hit = self.members & other.members
            return not hit if other.inverted else hit == self.members
        return other.inverted and other.members <= self.members

    @property
    def empty(self) -> bool:
        """Whether nothing is allowed."""
        return not self.inverted and not self.members


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from `low` to `high`; an open end leaves its number out."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    def meet(self, other: "Interval") -> "Interval":
        """What both allow."""
        low, low_open = max((self.low, self.low_open), (other.low, other.low_open))
        high, high_closed = min((self.high, not self.high_open), (other.high, not other.high_open))
        return Interval(low, high, low_open, not high_closed)

    def within(self, other: "Interval") -> bool:
        """Whether `other` allows all that this does."""
        low_holds = (self.low, self.low_open) >= (other.low, other.low_open)
        return low_holds and (self.high, not self.high_open) <= (other.high, not other.high_open)

    @property
    def empty(self) -> bool:
        """Whether nothing is allowed."""
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))


Constraint = Values | Interval
Box = Mapping[str, Constraint]


def yes(name: str) -> Box:
    """The box of an atom that must hold."""
    return {name: Values(_TRUE)}


def boxes(condition: Condition, negated: bool = False) -> list[Box] | None:
    """The boxes of a condition; an empty list if it can never hold, None if they are too many."""
    match condition:
        case Not():
            return boxes(condition.part, not negated)
        case All() | Any():
            parts = [boxes(part, negated) for part in condition.parts]
            if isinstance(condition, All) is not negated:
                return _all_of(parts)
            known = [part for part in parts if part is not None]
            return _bounded([box for part in known for box in part], len(known) == len(parts))
        case Leaf():
            return [box for box in _leaf_boxes(condition, negated) if not is_empty(box)]
        case _:
            return None


def meet(one: Box, other: Box) -> Box:
    """What both ask for."""
    found = dict(one)
    for name, constraint in other.items():
        before = found.get(name)
        found[name] = constraint if before is None else _meet(before, constraint)
    return found


def is_empty(box: Box) -> bool:
    """Whether no turn can be in it."""
    return any(constraint.empty for constraint in box.values())


def covers(wide: Box, narrow: Box) -> bool:
    """Whether every turn of `narrow` is one of `wide`."""
    for name, constraint in wide.items():
        inner = narrow.get(name)
        if inner is None or not _within(inner, constraint):
            return False
    return True


def _all_of(parts: list[list[Box] | None]) -> list[Box] | None:
    found: list[Box] = [{}]
    for part in parts:
        if part is None:
            return None
        found = [both for one in found for other in part if not is_empty(both := meet(one, other))]
        if len(found) > MAX_BOXES:
            return None
    return found


def _bounded(found: list[Box], complete: bool) -> list[Box] | None:
    return found if complete and len(found) <= MAX_BOXES else None


def _leaf_boxes(leaf: Leaf, negated: bool) -> Iterator[Box]:
    field, op, value = leaf.field, leaf.op, leaf.value
    if op == "matches" or (isinstance(value, Bound) and value.by_label):
        yield {f"{field.name} {op} {value}": Values(_FALSE if negated else _TRUE)}
    elif field.type == "number":
        bound = value.base if isinstance(value, Bound) else value
        assert isinstance(bound, int | float)  # noqa: S101  checked when the rules are loaded
        for interval in _intervals(op, float(bound), negated):
            yield {field.name: interval.meet(_range(field))}
    elif field.type == "list":
        yield _list_box(field, op, value, negated)
    else:
        yield {field.name: _text_values(op, value, negated)}


def _text_values(op: str, value: object, negated: bool) -> Values:
    if op == "exists":
        return Values(frozenset((ABSENT, "")), inverted=bool(value) is not negated)
    members = frozenset(value) if isinstance(value, tuple) else frozenset((value,))
    return Values(members, inverted=(op == "ne") is not negated)


def _list_box(field: Field, op: str, value: object, negated: bool) -> Box:
    exists = f"{field.name} exists"
    if op == "exists":
        return {exists: Values(_TRUE if bool(value) is not negated else _FALSE)}
    if negated:
        return {f"{field.name} has {value}": Values(_FALSE)}
    return {f"{field.name} has {value}": Values(_TRUE), exists: Values(_TRUE)}


_OPPOSITE = {"gte": "lt", "lt": "gte", "lte": "gt", "gt": "lte", "eq": "ne", "ne": "eq"}


def _intervals(op: str, bound: float, negated: bool) -> tuple[Interval, ...]:
    above, below = Interval(low=bound, low_open=True), Interval(high=bound, high_open=True)
    return {
        "gte": (Interval(low=bound),),
        "gt": (above,),
        "lte": (Interval(high=bound),),
        "lt": (below,),
        "eq": (Interval(bound, bound),),
        "ne": (below, above),
    }[_OPPOSITE[op] if negated else op]


def _range(field: Field) -> Interval:
    """What the field can hold at all."""
    name = field.name
    if name in _SIGNED:
        return Interval(-_SIGNED[name], _SIGNED[name])
    if name.endswith(_COUNTS):
        return Interval(0.0)
    if name == "escalation.severity":
        return Interval(0.0, 4.0)
    if name.endswith(("confidence", "margin", "anger.score", "anger_peak")):
        return Interval(0.0, 1.0)
    return Interval()


def _meet(one: Constraint, other: Constraint) -> Constraint:
    if isinstance(one, Interval):
        return one.meet(other) if isinstance(other, Interval) else one
    return one.meet(other) if isinstance(other, Values) else one


def _within(one: Constraint, other: Constraint) -> bool:
    if isinstance(one, Interval):
        return isinstance(other, Interval) and one.within(other)
    return isinstance(other, Values) and one.within(other)
