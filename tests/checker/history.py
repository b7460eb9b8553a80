"""What was written to Kafka, as the checker sees it. Shares no code with the service."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

Coordinates = tuple[str, int, int]
At = tuple[str, int]


@dataclass(frozen=True, slots=True)
class TopicNames:
    """The topics that are checked."""

    messages: str
    feedback: str
    routing: str
    escalations: str
    dead_letters: str
    state: str

    @property
    def inputs(self) -> tuple[str, str]:
        """Topics that the service reads and commits."""
        return self.messages, self.feedback

    @property
    def outputs(self) -> tuple[str, ...]:
        """Topics that the service writes in its transactions."""
        return self.routing, self.escalations, self.dead_letters, self.state


@dataclass(frozen=True, slots=True)
class Entry:
    """One committed record."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()

    @property
    def at(self) -> Coordinates:
        """Where it lies."""
        return self.topic, self.partition, self.offset

    def header(self, name: str) -> str:
        """The last header of that name, as text; empty without one."""
        found = [value for key, value in self.headers if key == name and value is not None]
        return found[-1].decode("utf-8", "replace") if found else ""


@dataclass(frozen=True, slots=True)
class Partition:
    """How a partition ends: last stable offset, high watermark, and the group's offset."""

    stable_end: int
    end: int
    committed: int | None = None


@dataclass(frozen=True, slots=True)
class History:
    """All that the invariants are computed from.

    `live` is what a reader saw while the faults happened; None where nobody watched. `samples` are
    committed offsets in the order they were read.
    """

    names: TopicNames
    entries: dict[str, list[Entry]]
    partitions: dict[At, Partition] = field(default_factory=dict)
    live: dict[At, list[Entry]] | None = None
    samples: tuple[tuple[At, int], ...] = ()
    caught_up_s: float | None = None

    def of(self, topic: str) -> list[Entry]:
        """Committed records of a topic, in offset order within each partition."""
        return self.entries.get(topic, [])

    def altered(self, topic: str, change: Callable[[list[Entry]], Iterable[Entry]]) -> "History":
        """The same history with other records in one topic."""
        entries = {**self.entries, topic: list(change(self.of(topic)))}
        return History(
            self.names, entries, self.partitions, self.live, self.samples, self.caught_up_s
        )
