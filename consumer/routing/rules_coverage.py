"""Finds, for each route in turn, whether earlier ones leave it anything. Knows only boxes.

Earlier boxes are filed under their rarest field and the values that they ask for exactly, so that
ten thousand rules take seconds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from consumer.routing.rules_logic import Box, Values, covers

# A bound for files of many rules alike in all but numbers: beyond it nothing is claimed.
MAX_COMPARED = 200

_Key = tuple[object, ...]


class Coverage:
    """The boxes of the routes seen so far, each with the route it came from."""

    def __init__(self, every: Iterable[Box]) -> None:
        self._counts = Counter(name for box in every for name in box)
        self._filed: dict[str, dict[tuple[str, ...], dict[_Key, list[tuple[str, Box]]]]] = (
            defaultdict(dict)
        )
        self._everything: str | None = None

    def add(self, route: str, boxes: Sequence[Box]) -> None:
        """From now on this route takes what is in its boxes."""
        for box in boxes:
            if not box:
                self._everything = self._everything or route
                continue
            rarest = min(box, key=lambda name: (self._counts[name], name))
            exact = tuple(sorted(name for name in box if _only(box, name) is not None))
            groups = self._filed[rarest].setdefault(exact, {})
            key = tuple(_only(box, name) for name in exact)
            groups.setdefault(key, []).append((route, box))

    def covering(self, boxes: Sequence[Box]) -> list[str]:
        """The earlier routes that together leave nothing of the boxes; empty if something is."""
        found: list[str] = []
        for box in boxes:
            route = self._everything or self._covering(box)
            if route is None:
                return []
            found.append(route)
        return list(dict.fromkeys(found))

    def _covering(self, box: Box) -> str | None:
        for name in box:
            for exact, groups in self._filed.get(name, {}).items():
                key = tuple(_only(box, one) for one in exact)
                if None in key:
                    continue
                for route, wide in groups.get(key, ())[:MAX_COMPARED]:
                    if covers(wide, box):
                        return route
        return None


def _only(box: Box, name: str) -> tuple[object] | None:
    """The only value that a box allows a field, in a tuple, for the value may be None."""
    constraint = box.get(name)
    if isinstance(constraint, Values) and not constraint.inverted and len(constraint.members) == 1:
        return tuple(constraint.members)  # type: ignore[return-value]  # it has one member
    return None
