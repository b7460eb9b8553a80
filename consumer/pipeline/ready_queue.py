"""Hands ready messages to whichever inference worker becomes free. Work-conserving: no linger.

A worker takes what is ready, oldest first, up to a window; it never waits for more. With several
workers it takes its share, so that a small backlog keeps all of them busy.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

Item = TypeVar("Item")


class Share(NamedTuple, Generic[Item]):
    """What a worker takes; `waited_s` is how long the oldest of it had been ready."""

    items: list[Item]
    waited_s: float


class ReadyQueue(Generic[Item]):
    """Bounded from outside: the loop admits only so many messages at a time."""

    def __init__(self, window: int, workers: int, now: Callable[[], float]) -> None:
        self._window = window
        self._workers = workers
        self._now = now
        self._items: deque[Item] = deque()
        # How many of the items came together, and when; oldest first.
        self._arrivals: deque[tuple[int, float]] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, items: Iterable[Item]) -> None:
        """Adds items and wakes the workers; a closed queue drops them."""
        with self._changed:
            if self._closed:
                return
            before = len(self._items)
            self._items.extend(items)
            if len(self._items) > before:
                self._arrivals.append((len(self._items) - before, self._now()))
            self._changed.notify_all()

    def take(self) -> Share[Item]:
        """Blocks until something is ready; no items means closed."""
        with self._changed:
            while not self._items and not self._closed:
                self._changed.wait()
            share = -(-len(self._items) // self._workers)
            count = min(share, self._window)
            return Share([self._items.popleft() for _ in range(count)], self._age_s(count))

    def close(self) -> None:
        """Wakes every worker to end; what is left is dropped and will be read again."""
        with self._changed:
            self._closed = True
            self._items.clear()
            self._arrivals.clear()
            self._changed.notify_all()

    def _age_s(self, taken: int) -> float:
        """Age of the oldest of the next `taken` items, which leave."""
        if not taken:
            return 0.0
        age_s = self._now() - self._arrivals[0][1]
        while taken:
            came, at = self._arrivals.popleft()
            if came > taken:
                self._arrivals.appendleft((came - taken, at))
            taken -= min(came, taken)
        return age_s
