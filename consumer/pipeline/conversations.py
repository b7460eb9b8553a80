"""Conversation states of one partition: what is committed, and what the open transaction adds.

Least recently written first, so that the cap takes the oldest. Does not know Kafka.
"""

from collections.abc import Iterable, Iterator

from consumer.routing.conversation import Conversation, OpenRecord


class Conversations:
    """A dict and its overlay. The overlay is merged after the commit or dropped."""

    def __init__(self) -> None:
        self._committed: dict[str, Conversation] = {}
        self._overlay: dict[str, Conversation | None] = {}
        self._open: dict[str, tuple[OpenRecord, ...]] = {}

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
            self._replace(key, state)
        self._overlay = {}

    def drop(self) -> None:
        """The transaction did not commit."""
        self._overlay = {}

    def restore(self, key: str, state: Conversation | None) -> None:
        """One changelog record, in changelog order."""
        self._replace(key, state)

    @property
    def open_escalations(self) -> Iterable[OpenRecord]:
        """Of all committed states, without looking at those that have none."""
        return (record for records in self._open.values() for record in records)

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

    def _replace(self, key: str, state: Conversation | None) -> None:
        self._committed.pop(key, None)
        if state is not None:
            self._committed[key] = state
        if state is not None and state.open:
            self._open[key] = state.open
        else:
            self._open.pop(key, None)
