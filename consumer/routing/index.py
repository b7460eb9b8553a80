"""Which fields, beside the labels, the conditions of a ruleset are looked up by, and how.

Those that equality conditions name most often. Of such a field the key holds the value only where
some condition names it: all other values are alike to every equality condition, so that keys stay
few even for fields that may hold anything.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from consumer.routing.features import Features
from consumer.routing.fields import Field
from consumer.routing.matchers import All, Condition, Leaf

MAX_FIELDS = 6
MIN_CONDITIONS = 4  # fewer are tried at less than a field of the key costs
EQUALITY = frozenset(("eq", "ne", "in", "has", "exists"))
SOME_OTHER = "\0other"  # no value of a field begins like this
ABSENT = "\0absent"

Part = str | bool | tuple[str, ...]


class Index:
    """Reads the key's variable part; tells which leaves a key settles."""

    __slots__ = ("_names", "readers")

    def __init__(self, conditions: Iterable[Condition | None]) -> None:
        named: dict[str, set[str]] = {}
        fields: dict[str, Field] = {}
        counts: Counter[str] = Counter()
        for condition in conditions:
            for leaf in condition.leaves() if condition is not None else ():
                if not _is_equality(leaf) or leaf.field.keyed:
                    continue
                fields[leaf.field.name] = leaf.field
                counts[leaf.field.name] += 1
                named.setdefault(leaf.field.name, set()).update(_values(leaf))
        often = counts.most_common(MAX_FIELDS)
        chosen = [name for name, count in often if count >= MIN_CONDITIONS]
        self._names = frozenset(chosen)
        self.readers = tuple(_reader(fields[name], frozenset(named[name])) for name in chosen)

    def key(self, features: Features) -> tuple[Part, ...]:
        """What the equality conditions can tell apart."""
        return tuple([read(features) for read in self.readers])

    def settles(self, leaf: Leaf) -> bool:
        """Whether all turns of one key agree on it."""
        if leaf.field.keyed:
            return True
        return leaf.field.name in self._names and _is_equality(leaf)


class Buckets:
    """Routes filed under a value that their condition asks for, so that few need a look at all.

    Of the fields that a condition asks for, the one with the most values in the file is taken.
    """

    __slots__ = ("_filed", "_rest")

    def __init__(self, conditions: Sequence[Condition | None], index: Index) -> None:
        asked = [list(_asked(one, index)) if one is not None else [] for one in conditions]
        named: dict[str, set[str]] = {}
        for leaves in asked:
            for leaf in leaves:
                named.setdefault(leaf.field.name, set()).update(_values(leaf))
        self._rest: list[int] = []
        self._filed: dict[str, tuple[Field, dict[object, list[int]]]] = {}
        for number, leaves in enumerate(asked):
            if not leaves:
                self._rest.append(number)
                continue
            leaf = max(leaves, key=lambda one: len(named[one.field.name]))
            _, by_value = self._filed.setdefault(leaf.field.name, (leaf.field, {}))
            for value in dict.fromkeys(_values(leaf)):
                by_value.setdefault(value, []).append(number)

    def of(self, features: Features) -> list[int]:
        """Numbers of the routes that may match, in order."""
        found = list(self._rest)
        for field, by_value in self._filed.values():
            found += by_value.get(field.read(features), ())
        return sorted(found)


def _asked(condition: Condition, index: Index) -> Iterator[Leaf]:
    """Leaves of one value or a few without which the condition cannot hold."""
    if isinstance(condition, All):
        for part in condition.parts:
            yield from _asked(part, index)
    elif isinstance(condition, Leaf) and condition.op in ("eq", "in"):
        is_text = condition.field.type == "text"
        yield from (condition,) if is_text and index.settles(condition) else ()


def _is_equality(leaf: Leaf) -> bool:
    return leaf.op in EQUALITY and leaf.field.type != "number"


def _values(leaf: Leaf) -> tuple[str, ...]:
    if isinstance(leaf.value, tuple):
        return leaf.value
    return (leaf.value,) if isinstance(leaf.value, str) else ()


def _reader(field: Field, named: frozenset[str]) -> Callable[[Features], Part]:
    if field.type == "flag":
        return field.read  # type: ignore[return-value]  # a flag reads as a bool
    if field.type == "list":
        return _members(field.members, named)
    read = field.read

    def value(features: Features) -> Part:
        found = read(features)
        if found in named:
            return found
        return SOME_OTHER if found else ABSENT

    return value


def _members(
    read: Callable[[Features], tuple[str, ...]], named: frozenset[str]
) -> Callable[[Features], Part]:
    def members(features: Features) -> Part:
        found = read(features)
        if not found:
            return ()
        return tuple(sorted({one if one in named else SOME_OTHER for one in found}))

    return members
