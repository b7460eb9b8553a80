"""What the pipeline tells of itself: the port of telemetry, and the one that keeps silent."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from consumer.contract.decision import ModelRef
from consumer.ports import Published, TopicPartition
from consumer.records import Outcome
from consumer.routing.conversation import OpenRecord
from consumer.routing.router import Routed


class Work(Struct, frozen=True):
    """What one transaction held, of one partition; `lost` counts offsets that were gone."""

    outcomes: Sequence[Outcome]
    routed: Sequence[Routed]
    lost: int = 0


class Run(Struct, frozen=True):
    """One model run: token counts of its messages, and why no more went in (`BATCHES`)."""

    lengths: Sequence[int]
    seconds: float
    cause: str


class Standing(Struct, frozen=True):
    """How all our partitions stand, once in a while.

    `next_offsets` are the first without a committed outcome, `escalations` those not resolved.
    """

    at_ms: int
    unread: Mapping[TopicPartition, int]
    next_offsets: Mapping[TopicPartition, int]
    conversations: int
    escalations: Sequence[OpenRecord] = ()


class Deciding(Protocol):
    """What is told of the model that decides."""

    @property
    def refs(self) -> Sequence[ModelRef]:
        """One for each task."""
        ...

    @property
    def provider(self) -> str:
        """Execution provider that runs."""
        ...

    @property
    def languages(self) -> Sequence[str]:
        """Languages that it was trained on."""
        ...

    @property
    def intents(self) -> Sequence[str]:
        """Subjects that it can name."""
        ...


class Observer(Protocol):
    """Called once a batch, on the kafka thread if not said otherwise; never blocks or raises."""

    def consumed(self, records: int) -> None:
        """Records were read."""
        ...

    def in_flight(self, messages: int, partitions: int) -> None:
        """How much is being worked on, and how many partitions are ours."""
        ...

    def waited(self, seconds: float) -> None:
        """How long the oldest of a window waited for a model; called on inference threads."""
        ...

    def inferred(self, run: Run) -> None:
        """A model run; called on inference threads."""
        ...

    def staged(self, stage: str, seconds: float) -> None:
        """One batch passed `decode`, `tokenize` or `decide`; called on any thread."""
        ...

    def published(
        self, outcome: Published, seconds: float, work: Sequence[Work], now_ms: int
    ) -> None:
        """A transaction ended."""
        ...

    def restoring(self) -> None:
        """A partition is being taken over: its state is read next."""
        ...

    def restored(self, records: int, seconds: float) -> None:
        """A partition was taken over."""
        ...

    def revoked(self, partition: int) -> None:
        """A partition was given up."""
        ...

    def standing(self, standing: Standing) -> None:
        """How all our partitions stand."""
        ...

    def circuit(self, is_open: bool) -> None:
        """Whether any partition of ours is halted."""
        ...


class Silent:
    """An observer that tells nobody."""

    def consumed(self, records: int) -> None:
        """Says nothing."""

    def in_flight(self, messages: int, partitions: int) -> None:
        """Says nothing."""

    def waited(self, seconds: float) -> None:
        """Says nothing."""

    def inferred(self, run: Run) -> None:
        """Says nothing."""

    def staged(self, stage: str, seconds: float) -> None:
        """Says nothing."""

    def published(
        self, outcome: Published, seconds: float, work: Sequence[Work], now_ms: int
    ) -> None:
        """Says nothing."""

    def restoring(self) -> None:
        """Says nothing."""

    def restored(self, records: int, seconds: float) -> None:
        """Says nothing."""

    def revoked(self, partition: int) -> None:
        """Says nothing."""

    def standing(self, standing: Standing) -> None:
        """Says nothing."""

    def circuit(self, is_open: bool) -> None:
        """Says nothing."""
