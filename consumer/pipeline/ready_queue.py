"""Hands ready messages to whichever inference worker becomes free. Work-conserving: no linger.

A worker takes what is ready, oldest first, up to a window; it never waits for more. With several
workers it takes its share, so that a small backlog keeps all of them busy.
"""

import threading
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class ReadyQueue(Generic[Item]):
    """Bounded from outside: the loop admits only so many messages at a time."""

    def __init__(self, window: int, workers: int) -> None:
        self._window = window
        self._workers = workers
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, items: Iterable[Item]) -> None:
        """Adds items and wakes the workers; a closed queue drops them."""
        with self._changed:
            if self._closed:
                return
            self._items.extend(items)
            self._changed.notify_all()

    def take(self) -> list[Item]:
        """Blocks until something is ready; an empty list means closed."""
        with self._changed:
            while not self._items and not self._closed:
                self._changed.wait()
            share = -(-len(self._items) // self._workers)
            count = min(share, self._window)
            return [self._items.popleft() for _ in range(count)]

    def close(self) -> None:
        """Wakes every worker to end; what is left is dropped and will be read again."""
        with self._changed:
            self._closed = True
            self._items.clear()
            self._changed.notify_all()
