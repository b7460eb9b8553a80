"""How far each partition has been read, by what was handed over. Knows no client."""

from collections.abc import Mapping

from consumer.ports import TopicPartition


class Places:
    """One place a partition and topic; those that are revoked or halted have none."""

    def __init__(self) -> None:
        self._next: dict[TopicPartition, int] = {}
        self._at_end: set[TopicPartition] = set()

    def readable(self) -> set[TopicPartition]:
        """What is read now."""
        return set(self._next)

    def start(self, at: TopicPartition, offset: int) -> None:
        """Reading begins, or goes on, at this offset."""
        self._next[at] = offset
        self._at_end.discard(at)

    def forget(self, at: TopicPartition) -> None:
        """It is not read any more."""
        self._next.pop(at, None)
        self._at_end.discard(at)

    def next_offset(self, at: TopicPartition) -> int:
        """The first offset that has not been read."""
        return self._next[at]

    def read(self, reached: Mapping[TopicPartition, int]) -> None:
        """Records were read, up to these offsets."""
        for at, offset in reached.items():
            self._next[at] = offset + 1
            self._at_end.discard(at)

    def met_end(self, at: TopicPartition) -> None:
        """The client found nothing behind the last record."""
        if at in self._next:
            self._at_end.add(at)

    def is_at_end(self, at: TopicPartition) -> bool:
        """Whether the end was met since the last record."""
        return at in self._at_end
