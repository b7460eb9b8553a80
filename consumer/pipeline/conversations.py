"""Conversation states of one partition: what is committed, and what the open transaction adds.

Least recently written first, so that the cap takes the oldest. Does not know Kafka.
"""

from collections.abc import Iterator

from consumer.routing.conversation import Conversation


class Conversations:
    """A dict and its overlay. The overlay is merged after the commit or dropped."""

    def __init__(self) -> None:
        self._committed: dict[str, Conversation] = {}
        self._overlay: dict[str, Conversation | None] = {}

    def __len__(self) -> int:
        return len(self._committed)

    def get(self, key: str) -> Conversation | None:
        """The state as the next message must see it."""
        if key in self._overlay:
            return self._overlay[key]
        return self._committed.get(key)

    def put(self, key: str, state: Conversation | None) -> None:
        """Writes to the overlay; None forgets the conversation."""
        self._overlay[key] = state

    def changes(self) -> dict[str, Conversation | None]:
        """What the open transaction must write to the changelog."""
        return self._overlay

    def merge(self) -> None:
        """The transaction committed."""
        for key, state in self._overlay.items():
            self._committed.pop(key, None)
            if state is not None:
                self._committed[key] = state
        self._overlay = {}

    def drop(self) -> None:
        """The transaction did not commit."""
        self._overlay = {}

    def restore(self, key: str, state: Conversation | None) -> None:
        """One changelog record, in changelog order."""
        self._committed.pop(key, None)
        if state is not None:
            self._committed[key] = state

    def oldest_first(self) -> Iterator[tuple[str, Conversation]]:
        """Committed states, least recently written first."""
        return iter(self._committed.items())

    def oldest_untouched(self) -> Iterator[tuple[str, Conversation]]:
        """Like `oldest_first`, without those that the open transaction has written.

        A snapshot, so that the caller may write while it reads; taken only as far as it is read.
        """
        overlay = self._overlay
        for key, state in self._committed.items():
            if key not in overlay:
                yield key, state
