"""Due times of one partition's conversations. Knows neither a clock nor what a timer does.

Entries are never removed when a state changes: a popped entry counts only if the state still has
exactly that due time. That keeps arming O(log n) and needs no bookkeeping on rollback but `clear`.
When most entries are stale the heap is built anew, so that timers moved for ever take no memory.
"""

import heapq

_SPARE_ENTRIES = 256


class Timers:
    """A heap of (due time, key)."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, str]] = []
        self._armed: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._armed)

    @property
    def entries(self) -> int:
        """What the heap holds, stale entries included."""
        return len(self._heap)

    def arm(self, key: str, due_ms: int | None) -> None:
        """Sets, moves or (None) clears the one due time of a conversation."""
        if self._armed.get(key) == due_ms:
            return
        if due_ms is None:
            del self._armed[key]
        else:
            self._armed[key] = due_ms
            heapq.heappush(self._heap, (due_ms, key))
            if len(self._heap) > 2 * len(self._armed) + _SPARE_ENTRIES:
                self._heap = [(due, name) for name, due in self._armed.items()]
                heapq.heapify(self._heap)

    def pop_due(self, at_ms: int) -> tuple[int, str] | None:
        """The earliest timer due at or before `at_ms`, or None."""
        heap, armed = self._heap, self._armed
        while heap and heap[0][0] <= at_ms:
            due_ms, key = heapq.heappop(heap)
            if armed.get(key) == due_ms:
                del armed[key]
                return due_ms, key
        return None

    def clear(self) -> None:
        """Forgets all; the owner arms again from the committed states."""
        self._heap.clear()
        self._armed.clear()
