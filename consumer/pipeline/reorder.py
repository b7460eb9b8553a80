"""Puts outcomes back into offset order. Knows nothing of what they are."""

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class ReorderBuffer(Generic[Item]):
    """In-flight offsets of one source topic of one partition.

    Offsets may have holes (control records, compaction), so order is that of arrival, not +1.
    Example: expect 4, 7; settle 7; nothing is ready; settle 4; then both are.
    """

    def __init__(self) -> None:
        self._expected: deque[int] = deque()
        self._settled: dict[int, Item] = {}
        self._last = -1

    def __len__(self) -> int:
        return len(self._expected)

    def expect(self, offset: int) -> bool:
        """Registers an offset; False where it is not beyond the last one (a re-read record)."""
        if offset <= self._last:
            return False
        self._last = offset
        self._expected.append(offset)
        return True

    def settle(self, offset: int, item: Item) -> None:
        """The outcome of an expected offset."""
        self._settled[offset] = item

    def ready(self) -> Iterator[tuple[int, Item]]:
        """Takes out the contiguous prefix that is settled, one by one."""
        expected, settled = self._expected, self._settled
        while expected and expected[0] in settled:
            offset = expected.popleft()
            yield offset, settled.pop(offset)
