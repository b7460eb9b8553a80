"""What the pipeline tells of itself: the port of telemetry, and the one that keeps silent."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from consumer.ports import Published, TopicPartition
from consumer.records import Outcome
from consumer.routing.router import Routed


class Work(Struct, frozen=True):
    """What one transaction held, of one partition."""

    outcomes: Sequence[Outcome]
    routed: Sequence[Routed]


class Observer(Protocol):
    """Called on the kafka thread, once a batch; must not block and must not raise."""

    def consumed(self, records: int) -> None:
        """Records were read."""
        ...

    def in_flight(self, messages: int, partitions: int) -> None:
        """How much is being worked on, and how many partitions are ours."""
        ...

    def published(
        self, outcome: Published, seconds: float, work: Sequence[Work], now_ms: int
    ) -> None:
        """A transaction ended."""
        ...

    def restored(self, records: int, seconds: float) -> None:
        """A partition was taken over."""
        ...

    def revoked(self) -> None:
        """A partition was given up."""
        ...

    def circuit(self, is_open: bool) -> None:
        """Whether any partition of ours is halted."""
        ...

    def lag(self, unread: Mapping[TopicPartition, int], conversations: int) -> None:
        """Unread records by partition, and conversation states held."""
        ...

    def inferred(self, lengths: Sequence[int], seconds: float) -> None:
        """A model run of messages with these token counts; called on inference threads."""
        ...


class Silent:
    """An observer that tells nobody."""

    def consumed(self, records: int) -> None:
        """Says nothing."""

    def in_flight(self, messages: int, partitions: int) -> None:
        """Says nothing."""

    def published(
        self, outcome: Published, seconds: float, work: Sequence[Work], now_ms: int
    ) -> None:
        """Says nothing."""

    def restored(self, records: int, seconds: float) -> None:
        """Says nothing."""

    def revoked(self) -> None:
        """Says nothing."""

    def circuit(self, is_open: bool) -> None:
        """Says nothing."""

    def lag(self, unread: Mapping[TopicPartition, int], conversations: int) -> None:
        """Says nothing."""

    def inferred(self, lengths: Sequence[int], seconds: float) -> None:
        """Says nothing."""
