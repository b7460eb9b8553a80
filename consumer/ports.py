"""The seams of the service: what the pipeline needs from the outside. No implementation.

`Stream` stands for Kafka in and out (implemented by `consumer.kafka` and by the in-memory fake of
the tests; one contract suite runs on both), `Clock` for time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Protocol

from msgspec import Struct

from consumer.records import Record

OutHeaders = Sequence[tuple[str, bytes | None]]
TopicPartition = tuple[str, int]
StateRecord = tuple[bytes, bytes | None]

ANY_PARTITION = -1


class OutRecord(Struct, frozen=True, gc=False):
    """One record to publish. Without a partition the key chooses it, by murmur2."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: OutHeaders | None = None
    partition: int = ANY_PARTITION


class Publication(Struct, frozen=True):
    """One transaction: records and the offsets they account for (next offset to read)."""

    records: Sequence[OutRecord]
    offsets: Mapping[TopicPartition, int]


class Published(Enum):
    """What became of a publication. There is no `unknown`: the stream finds out."""

    COMMITTED = "committed"
    NOT_COMMITTED = "not_committed"


class InputGap(Struct, frozen=True, gc=False):
    """Offsets that retention took before they were read: `start` inclusive, `end` exclusive."""

    topic: str
    partition: int
    start: int
    end: int
    cause: str


class Unreadable(Struct, frozen=True, gc=False):
    """The client cannot read what stands at `offset`, however often it is asked."""

    topic: str
    partition: int
    offset: int


class Assignment(Struct, frozen=True):
    """A partition of the input (and the same-numbered feedback partition) that is now ours.

    `next_offsets` are the first unread offsets by topic, `gaps` what was lost before them.
    """

    partition: int
    epoch: int
    next_offsets: Mapping[str, int]
    gaps: Sequence[InputGap] = ()


class Owner(Protocol):
    """Who owns assigned partitions. Called inside `Stream.poll`, on its thread; never raises."""

    def assigned(self, assignment: Assignment, state: Iterable[StateRecord]) -> None:
        """Takes over: reads `state` to its end before the first record arrives."""
        ...

    def revoked(self, partition: int) -> None:
        """Drops all that belongs to the partition at once; waits for nobody."""
        ...

    def gap(self, gap: InputGap) -> None:
        """Input was lost while the partition was ours; reading goes on at `gap.end`."""
        ...

    def unreadable(self, at: Unreadable) -> None:
        """Nothing more comes from this partition; what was read before is still good."""
        ...


class Stream(Protocol):
    """Assigned input partitions and the one atomic way out. One thread only."""

    def start(self, owner: Owner) -> None:
        """Joins the group. Raises `StreamStopped` where the cluster cannot be used."""
        ...

    def poll(self, limit: int, wait_s: float) -> list[Record]:
        """At most `limit` records in offset order per partition. Serves rebalances.

        Raises:
            StreamStopped: the stream cannot go on.
        """
        ...

    def publish(self, publication: Publication) -> Published:
        """All records and offsets become visible together, or none does.

        Raises:
            StreamStopped: the stream cannot go on (fenced twice, authorisation, missing topic).
        """
        ...

    @property
    def rebuilds(self) -> int:
        """How often a new producer was needed."""
        ...

    def halt(self, partition: int) -> int:
        """Reads no more of a partition that stays ours; the epoch of what will be read later."""
        ...

    def resume(self, partition: int, offsets: Mapping[str, int]) -> None:
        """Reads a halted partition again, from these offsets by topic."""
        ...

    def joined(self) -> bool:
        """Whether the group has given an assignment, be it an empty one."""
        ...

    def exhausted(self, partition: int) -> bool:
        """Whether nothing is unread in the partition, on both of its topics."""
        ...

    def lag(self) -> Mapping[TopicPartition, int]:
        """Unread records of the assigned partitions, as far as known."""
        ...

    def close(self) -> None:
        """Leaves the group at once."""
        ...


class StreamStopped(Exception):  # noqa: N818 - it is an outcome the loop ends with, not a bug
    """The stream cannot go on; `exit_code` is the process's, `remedy` says what to do."""

    def __init__(self, cause: str, remedy: str, exit_code: int) -> None:
        super().__init__(f"{cause}; {remedy}")
        self.exit_code = exit_code


class Clock(Protocol):
    """Time, so that tests can move it."""

    def monotonic(self) -> float:
        """Seconds that only grow."""
        ...

    def now_ms(self) -> int:
        """Wall clock, milliseconds since the epoch."""
        ...


Landmark = Callable[[str], None]


def pass_by(_point: str) -> None:
    """The landmark of a normal run: nothing happens when the loop passes a named point."""
