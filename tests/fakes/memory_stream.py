"""An in-memory cluster and a `Stream` on it. Passes the same contract suite as the real one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from consumer.contract.topics import Topics
from consumer.ports import (
    Assignment,
    InputGap,
    Owner,
    Publication,
    Published,
    StateRecord,
    StreamStopped,
    TopicPartition,
    Unreadable,
)
from consumer.records import Headers, Record


@dataclass
class MemoryPartition:
    """A log: values at offsets, and where retention has cut it."""

    records: list[tuple[bytes | None, bytes | None, Headers, int]] = field(default_factory=list)
    low: int = 0


@dataclass
class MemoryCluster:
    """Topics, committed offsets and one group. Rebalances are served at the members' next poll."""

    topics: Topics
    partitions: int
    logs: dict[TopicPartition, MemoryPartition] = field(default_factory=dict)
    offsets: dict[TopicPartition, int] = field(default_factory=dict)
    members: list["MemoryStream"] = field(default_factory=list)

    def log(self, topic: str, partition: int) -> MemoryPartition:
        """The log of a partition, made when first named."""
        return self.logs.setdefault((topic, partition), MemoryPartition())

    def produce(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        timestamp_ms: int = 1_767_225_600_000,
    ) -> int:
        """Appends a record; its offset."""
        log = self.log(topic, partition)
        log.records.append((key, value, headers, timestamp_ms))
        return len(log.records) - 1

    def read(self, topic: str) -> list[tuple[bytes | None, bytes | None]]:
        """All committed records of a topic, by partition."""
        return [
            (key, value)
            for (name, _), log in sorted(self.logs.items())
            if name == topic
            for key, value, _, _ in log.records
        ]

    def cut(self, topic: str, partition: int, before: int) -> None:
        """Retention takes everything before an offset."""
        self.log(topic, partition).low = before

    def stream(self, instance: str = "0") -> "MemoryStream":
        """A new member."""
        return MemoryStream(self, instance)

    def wanted(self, member: "MemoryStream") -> set[int]:
        """The partitions that a member should own."""
        if member not in self.members:
            return set()
        rank = self.members.index(member)
        return {n for n in range(self.partitions) if n % len(self.members) == rank}

    def owner_of(self, partition: int) -> "MemoryStream | None":
        """Who owns a partition now."""
        return next((m for m in self.members if partition in m.owned), None)


class MemoryStream:
    """A member of the in-memory group."""

    def __init__(self, cluster: MemoryCluster, instance: str) -> None:
        self.cluster = cluster
        self.instance = instance
        self.owned: dict[int, int] = {}
        self.outcomes: list[Published] = []
        self._epochs: dict[int, int] = {}
        self._next: dict[TopicPartition, int] = {}
        self._halted: set[int] = set()
        self._owner: Owner | None = None
        self._joined = False
        self.rebuilds = 0

    def start(self, owner: Owner) -> None:
        """Joins."""
        self._owner = owner
        self.cluster.members.append(self)

    def poll(self, limit: int, wait_s: float) -> list[Record]:
        """Serves rebalances, then reads."""
        self._rebalance()
        self._joined = True
        records: list[Record] = []
        for partition in set(self.owned) - self._halted:
            for topic in (self.cluster.topics.messages, self.cluster.topics.feedback):
                records += self._read(topic, partition, limit - len(records))
        return records

    def publish(self, publication: Publication) -> Published:
        """All or nothing; refused for a partition that is not ours. Tests may script outcomes."""
        if any(offset < 0 for offset in publication.offsets.values()):
            raise ValueError("an offset is not a position")
        owned = all(partition in self.owned for _, partition in publication.offsets)
        scripted = self.outcomes.pop(0) if self.outcomes else Published.COMMITTED
        if not owned or scripted is Published.NOT_COMMITTED:
            return Published.NOT_COMMITTED
        for record in publication.records:
            partition = record.partition
            if partition < 0:
                partition = sum(record.key or b"") % self.cluster.partitions
            self.cluster.produce(
                record.topic, partition, record.key, record.value, tuple(record.headers or ())
            )
        self.cluster.offsets.update(publication.offsets)
        return Published.COMMITTED

    def halt(self, partition: int) -> int:
        """Reads no more of it."""
        self._halted.add(partition)
        self._epochs[partition] += 1
        self.owned[partition] = self._epochs[partition]
        return self._epochs[partition]

    def resume(self, partition: int, offsets: Mapping[str, int]) -> None:
        """Reads it again."""
        self._halted.discard(partition)
        for topic, offset in offsets.items():
            self._next[(topic, partition)] = offset

    def joined(self) -> bool:
        """Whether a poll has answered."""
        return self._joined

    def exhausted(self, partition: int) -> bool:
        """Whether both topics are read to their end."""
        return partition not in self._halted and all(
            self._next.get((topic, partition), 0) >= len(self.cluster.log(topic, partition).records)
            for topic in (self.cluster.topics.messages, self.cluster.topics.feedback)
        )

    def lag(self) -> Mapping[TopicPartition, int]:
        """Unread records."""
        return {
            at: len(self.cluster.log(*at).records) - offset for at, offset in self._next.items()
        }

    def close(self) -> None:
        """Leaves at once."""
        for partition in list(self.owned):
            self._give_up(partition)
        if self in self.cluster.members:
            self.cluster.members.remove(self)

    def _rebalance(self) -> None:
        wanted = self.cluster.wanted(self)
        for partition in sorted(set(self.owned) - wanted):
            self._give_up(partition)
        for partition in sorted(wanted - set(self.owned)):
            if self.cluster.owner_of(partition) is None:
                self._take_over(partition)

    def _take_over(self, partition: int) -> None:
        offsets: dict[str, int] = {}
        gaps: list[InputGap] = []
        for topic in (self.cluster.topics.messages, self.cluster.topics.feedback):
            low = self.cluster.log(topic, partition).low
            committed = self.cluster.offsets.get((topic, partition))
            if committed is not None and committed < low:
                gaps.append(InputGap(topic, partition, committed, low, "retention"))
            offsets[topic] = max(low, committed or 0)
            self._next[(topic, partition)] = offsets[topic]
        epoch = self._epochs.get(partition, 0) + 1
        self._epochs[partition] = self.owned[partition] = epoch
        assignment = Assignment(partition, epoch, offsets, tuple(gaps))
        self._required_owner().assigned(assignment, self._state(partition))

    def _state(self, partition: int) -> Iterator[StateRecord]:
        for key, value, _, _ in self.cluster.log(self.cluster.topics.state, partition).records:
            yield key or b"", value

    def _give_up(self, partition: int) -> None:
        del self.owned[partition]
        self._halted.discard(partition)
        for topic in (self.cluster.topics.messages, self.cluster.topics.feedback):
            self._next.pop((topic, partition), None)
        self._required_owner().revoked(partition)

    def _read(self, topic: str, partition: int, limit: int) -> list[Record]:
        log = self.cluster.log(topic, partition)
        start = self._next[(topic, partition)]
        if start < log.low:
            self._required_owner().gap(InputGap(topic, partition, start, log.low, "retention"))
            start = log.low
        if start > len(log.records):
            self._required_owner().unreadable(Unreadable(topic, partition, start))
            return []
        stop = min(len(log.records), start + max(0, limit))
        self._next[(topic, partition)] = max(start, stop)
        return [
            Record(topic, partition, offset, self.owned[partition], timestamp, key, value, headers)
            for offset, (key, value, headers, timestamp) in enumerate(log.records)
            if start <= offset < stop
        ]

    def _required_owner(self) -> Owner:
        if self._owner is None:
            raise StreamStopped("not started", "call start() first", 70)
        return self._owner
