"""Conditions of rules, compiled: a field, an operator, a value; all, any, not. No expressions.

`test` is a plain closure and runs for every message. `holds` and `fails` say why: they run for the
rule that matched, or for a person who asks. An absent attribute meets only `ne` and
`exists: false`.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from consumer.contract.decision import Evidence
from consumer.routing.features import Features
from consumer.routing.fields import ATTRIBUTE_PREFIX, ENTITY_PREFIX, Field, Operand
from consumer.routing.operators import Test, bound_of, compile_test
from consumer.routing.vocabulary import Bound

NEGATED = "not_"
UNTOLD = "***"  # an attribute may hold anything, also what is personal
PRESENT = "present"
Settled = Callable[["Leaf"], bool]


class Condition(Protocol):
    """One compiled condition."""

    test: Test

    def leaves(self) -> "Iterator[Leaf]":
        """Every field condition inside."""
        ...

    def narrow(self, features: Features, settled: Settled) -> Test | bool:
        """The outcome where settled leaves decide it, else the test of what is still open."""
        ...

    def holds(self, features: Features) -> tuple[Evidence, ...]:
        """The parts that made it true; call it only where `test` is true."""
        ...

    def fails(self, features: Features) -> tuple[Evidence, ...]:
        """The parts that made it false; call it only where `test` is false."""
        ...


class Leaf:
    """A field, an operator and a value."""

    __slots__ = ("field", "op", "test", "value")

    def __init__(self, field: Field, op: str, value: Operand) -> None:
        self.field = field
        self.op = op
        self.value = value
        self.test: Test = compile_test(field, op, value)

    def leaves(self) -> "Iterator[Leaf]":
        """Itself."""
        yield self

    def narrow(self, features: Features, settled: Settled) -> Test | bool:
        """The outcome, if it is settled."""
        return self.test(features) if settled(self) else self.test

    def holds(self, features: Features) -> tuple[Evidence, ...]:
        """The condition with the value it met."""
        return (self._evidence(features, self.op),)

    def fails(self, features: Features) -> tuple[Evidence, ...]:
        """The negated condition with the value that it met."""
        return (self._evidence(features, NEGATED + self.op),)

    def _evidence(self, features: Features, op: str) -> Evidence:
        value, threshold = self.field.read(features), self.value
        if value is None:
            value = ""
        elif self.field.name.startswith(ATTRIBUTE_PREFIX) and not self._names(value):
            value = UNTOLD
        elif self.field.name.startswith(ENTITY_PREFIX):
            value = PRESENT  # what a customer named stands in `entities`, masked, and nowhere else
        elif isinstance(value, tuple):
            value = ", ".join(value)
        if isinstance(threshold, Bound):
            threshold = bound_of(threshold, features)
        elif isinstance(threshold, tuple):
            threshold = ", ".join(threshold)
        return Evidence(self.field.name, op, value, threshold)

    def _names(self, value: object) -> bool:
        """Whether the rules file holds the value itself."""
        return value in self.value if isinstance(self.value, tuple) else value == self.value


class All:
    """Every part holds."""

    __slots__ = ("parts", "test")

    def __init__(self, parts: tuple[Condition, ...]) -> None:
        self.parts = parts
        self.test: Test = _every(tuple(part.test for part in parts))

    def leaves(self) -> Iterator[Leaf]:
        """Those of all parts."""
        for part in self.parts:
            yield from part.leaves()

    def narrow(self, features: Features, settled: Settled) -> Test | bool:
        """The parts that are still open, unless one has decided."""
        narrowed = [part.narrow(features, settled) for part in self.parts]
        if any(outcome is False for outcome in narrowed):
            return False
        still = tuple(outcome for outcome in narrowed if not isinstance(outcome, bool))
        return _every(still) if still else True

    def holds(self, features: Features) -> tuple[Evidence, ...]:
        """What every part says."""
        return tuple([item for part in self.parts for item in part.holds(features)])

    def fails(self, features: Features) -> tuple[Evidence, ...]:
        """What the first failing part says."""
        return next((p.fails(features) for p in self.parts if not p.test(features)), ())


class Any:
    """At least one part holds."""

    __slots__ = ("parts", "test")

    def __init__(self, parts: tuple[Condition, ...]) -> None:
        self.parts = parts
        self.test: Test = _some(tuple(part.test for part in parts))

    def leaves(self) -> Iterator[Leaf]:
        """Those of all parts."""
        for part in self.parts:
            yield from part.leaves()

    def narrow(self, features: Features, settled: Settled) -> Test | bool:
        """The parts that are still open, unless one has decided."""
        narrowed = [part.narrow(features, settled) for part in self.parts]
        if any(outcome is True for outcome in narrowed):
            return True
        still = tuple(outcome for outcome in narrowed if not isinstance(outcome, bool))
        return _some(still) if still else False

    def holds(self, features: Features) -> tuple[Evidence, ...]:
        """What the first part that holds says."""
        return next((p.holds(features) for p in self.parts if p.test(features)), ())

    def fails(self, features: Features) -> tuple[Evidence, ...]:
        """What every part says: all of them fail."""
        return tuple(item for part in self.parts for item in part.fails(features))


class Not:
    """The part does not hold."""

    __slots__ = ("part", "test")

    def __init__(self, part: Condition) -> None:
        self.part = part
        inner = part.test
        self.test: Test = lambda features: not inner(features)

    def leaves(self) -> Iterator[Leaf]:
        """Those of the part."""
        return self.part.leaves()

    def narrow(self, features: Features, settled: Settled) -> Test | bool:
        """The opposite of the part."""
        open_part = self.part.narrow(features, settled)
        if isinstance(open_part, bool):
            return not open_part
        return lambda later: not open_part(later)

    def holds(self, features: Features) -> tuple[Evidence, ...]:
        """Why the part fails."""
        return self.part.fails(features)

    def fails(self, features: Features) -> tuple[Evidence, ...]:
        """Why the part holds."""
        return self.part.holds(features)


def _every(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def every(features: Features) -> bool:
        for test in tests:  # noqa: SIM110  a loop costs half of all() over a generator
            if not test(features):
                return False
        return True

    return every


def _some(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def some(features: Features) -> bool:
        for test in tests:  # noqa: SIM110  a loop costs half of any() over a generator
            if test(features):
                return True
        return False

    return some
