"""What every `Stream` keeps: one suite, run on the in-memory cluster and on real Kafka."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import pytest

from consumer.contract.topics import Topics
from consumer.ports import (
    Assignment,
    InputGap,
    OutRecord,
    Publication,
    Published,
    StateRecord,
    Stream,
    Unreadable,
)
from consumer.records import Headers, Record
from tests.fakes.kafka_cluster import KafkaCluster
from tests.fakes.memory_stream import MemoryCluster

PARTITIONS = 2
DEADLINE_S = 30.0


class Cluster(Protocol):
    """What the suite needs of either cluster."""

    topics: Topics

    def produce(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
    ) -> int: ...

    def read(self, topic: str) -> list[tuple[bytes | None, bytes | None]]: ...

    def cut(self, topic: str, partition: int, before: int) -> None: ...

    def stream(self, instance: str = "0") -> Stream: ...


class Owner:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.assignments: dict[int, Assignment] = {}
        self.states: dict[int, list[StateRecord]] = {}
        self.gaps: list[InputGap] = []
        self.damage: list[Unreadable] = []

    def assigned(self, assignment: Assignment, state: Iterable[StateRecord]) -> None:
        self.states[assignment.partition] = list(state)
        self.assignments[assignment.partition] = assignment
        self.gaps.extend(assignment.gaps)

    def revoked(self, partition: int) -> None:
        del self.assignments[partition]

    def gap(self, gap: InputGap) -> None:
        self.gaps.append(gap)

    def unreadable(self, at: Unreadable) -> None:
        self.damage.append(at)


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    if request.param == "memory":
        yield MemoryCluster(Topics(), PARTITIONS)
        return
    bootstrap = request.getfixturevalue("kafka_bootstrap")
    with KafkaCluster(bootstrap, PARTITIONS) as kafka:
        yield kafka


def poll_until(
    streams: Stream | list[Stream], done: Callable[[list[Record]], bool]
) -> list[Record]:
    """Polls in turn until the condition holds; fails after a generous deadline."""
    records: list[Record] = []
    deadline = time.monotonic() + DEADLINE_S
    while not done(records):
        assert time.monotonic() < deadline, "the condition never held"
        for stream in streams if isinstance(streams, list) else [streams]:
            records += stream.poll(100, 0.05)
    return records


def started(cluster: Cluster, instance: str = "0") -> tuple[Stream, Owner]:
    stream, owner = cluster.stream(instance), Owner()
    stream.start(owner)
    return stream, owner


def test_records_come_in_offset_order_with_the_epoch_of_their_assignment(cluster: Cluster) -> None:
    for number in range(5):
        cluster.produce(cluster.topics.messages, 1, b"k", f"v{number}".encode())
    stream, owner = started(cluster)
    records = poll_until(stream, lambda got: len(got) >= 5)
    assert [record.value for record in records] == [b"v0", b"v1", b"v2", b"v3", b"v4"]
    assert [record.offset for record in records] == sorted(record.offset for record in records)
    assert {record.epoch for record in records} == {owner.assignments[1].epoch}
    stream.close()


def test_key_value_and_headers_come_as_they_were_written(cluster: Cluster) -> None:
    cluster.produce(cluster.topics.messages, 0, None, None, (("a", b"1"), ("a", None)))
    stream, _ = started(cluster)
    (record,) = poll_until(stream, lambda got: len(got) >= 1)
    assert (record.key, record.value) == (None, None)
    assert record.headers == (("a", b"1"), ("a", None))
    stream.close()


def test_feedback_of_a_partition_comes_to_the_owner_of_its_messages(cluster: Cluster) -> None:
    cluster.produce(cluster.topics.messages, 0, b"k", b"message")
    cluster.produce(cluster.topics.feedback, 0, b"k", b"feedback")
    stream, _ = started(cluster)
    records = poll_until(stream, lambda got: len(got) >= 2)
    assert {record.topic for record in records} == {
        cluster.topics.messages,
        cluster.topics.feedback,
    }
    stream.close()


def test_what_is_published_is_visible_and_the_next_owner_goes_on_behind_it(
    cluster: Cluster,
) -> None:
    for number in range(3):
        cluster.produce(cluster.topics.messages, 0, b"k", f"v{number}".encode())
    stream, _ = started(cluster)
    records = poll_until(stream, lambda got: len(got) >= 3)
    out = [OutRecord(cluster.topics.routing, b"k", b"decision", [("h", b"1")])]
    offsets = {(cluster.topics.messages, 0): records[1].offset + 1}
    assert stream.publish(Publication(out, offsets)) is Published.COMMITTED
    stream.close()
    assert cluster.read(cluster.topics.routing) == [(b"k", b"decision")]
    second, _ = started(cluster)
    again = poll_until(second, lambda got: len(got) >= 1)
    assert [record.value for record in again] == [b"v2"]
    second.close()


def test_state_is_restored_with_its_tombstones_before_the_first_record(cluster: Cluster) -> None:
    cluster.produce(cluster.topics.messages, 0, b"k", b"v0")
    stream, _ = started(cluster)
    (record,) = poll_until(stream, lambda got: len(got) >= 1)
    out = [
        OutRecord(cluster.topics.state, b"a", b"1", None, 0),
        OutRecord(cluster.topics.state, b"b", b"2", None, 0),
        OutRecord(cluster.topics.state, b"a", None, None, 0),
    ]
    stream.publish(Publication(out, {(record.topic, 0): record.offset + 1}))
    stream.close()
    second, owner = started(cluster)
    poll_until(second, lambda _: 0 in owner.states)
    assert owner.states[0] == [(b"a", b"1"), (b"b", b"2"), (b"a", None)]
    second.close()


def test_two_instances_share_the_partitions_and_one_takes_all_when_the_other_leaves(
    cluster: Cluster,
) -> None:
    first, first_owner = started(cluster, "0")
    poll_until(first, lambda _: len(first_owner.assignments) == PARTITIONS)
    second, second_owner = started(cluster, "1")
    poll_until(
        [first, second],
        lambda _: len(first_owner.assignments) == len(second_owner.assignments) == 1,
    )
    assert set(first_owner.assignments) | set(second_owner.assignments) == {0, 1}
    first.close()
    poll_until(second, lambda _: len(second_owner.assignments) == PARTITIONS)
    second.close()


def test_a_partition_that_comes_back_has_a_new_epoch(cluster: Cluster) -> None:
    first, owner = started(cluster, "0")
    poll_until(first, lambda _: len(owner.assignments) == PARTITIONS)
    before = {number: one.epoch for number, one in owner.assignments.items()}
    second, second_owner = started(cluster, "1")
    poll_until([first, second], lambda _: len(second_owner.assignments) == 1)
    (moved,) = second_owner.assignments
    second.close()
    poll_until(first, lambda _: len(owner.assignments) == PARTITIONS)
    assert owner.assignments[moved].epoch > before[moved]
    first.close()


def test_a_halted_partition_stays_ours_and_goes_on_where_it_is_resumed(cluster: Cluster) -> None:
    topic = cluster.topics.messages
    stream, owner = started(cluster)
    poll_until(stream, lambda _: len(owner.assignments) == PARTITIONS)
    epoch = stream.halt(0)
    assert epoch > owner.assignments[0].epoch
    for partition in range(PARTITIONS):
        cluster.produce(topic, partition, b"k", b"v")
    (only,) = poll_until(stream, lambda got: len(got) >= 1)
    assert only.partition == 1, "the others go on"
    assert not stream.exhausted(0)
    assert len(owner.assignments) == PARTITIONS
    stream.resume(0, {topic: 0, cluster.topics.feedback: 0})
    (read,) = poll_until(stream, lambda got: len(got) >= 1)
    assert (read.partition, read.offset, read.epoch) == (0, 0, epoch)
    stream.close()


def test_a_halted_partition_may_move_and_its_new_owner_reads_it(cluster: Cluster) -> None:
    first, first_owner = started(cluster, "0")
    poll_until(first, lambda _: len(first_owner.assignments) == PARTITIONS)
    for partition in range(PARTITIONS):
        first.halt(partition)
    second, second_owner = started(cluster, "1")
    poll_until([first, second], lambda _: len(second_owner.assignments) == 1)
    (moved,) = second_owner.assignments
    cluster.produce(cluster.topics.messages, moved, b"k", b"v")
    (read,) = poll_until([first, second], lambda got: len(got) >= 1)
    assert read.partition == moved
    first.close()
    poll_until(second, lambda _: len(second_owner.assignments) == PARTITIONS)
    second.close()


def test_what_retention_took_before_it_was_read_is_reported_with_exact_offsets(
    cluster: Cluster,
) -> None:
    for number in range(4):
        cluster.produce(cluster.topics.messages, 0, b"k", f"v{number}".encode())
    stream, _ = started(cluster)
    records = poll_until(stream, lambda got: len(got) >= 4)
    stream.publish(Publication([], {(cluster.topics.messages, 0): records[0].offset + 1}))
    stream.close()
    cluster.cut(cluster.topics.messages, 0, 3)
    second, owner = started(cluster)
    again = poll_until(second, lambda got: len(got) >= 1)
    assert owner.gaps == [InputGap(cluster.topics.messages, 0, 1, 3, "retention")]
    assert [record.value for record in again] == [b"v3"]
    second.close()


def test_what_retention_takes_while_it_is_read_is_reported_and_reading_goes_on(
    cluster: Cluster,
) -> None:
    topic = cluster.topics.messages
    stream, owner = started(cluster)
    poll_until(stream, lambda _: len(owner.assignments) == PARTITIONS)
    stream.halt(0)
    for number in range(4):
        cluster.produce(topic, 0, b"k", f"v{number}".encode())
    cluster.cut(topic, 0, 3)
    stream.resume(0, {topic: 1, cluster.topics.feedback: 0})
    (read,) = poll_until(stream, lambda got: len(got) >= 1)
    assert owner.gaps == [InputGap(topic, 0, 1, 3, "retention")]
    assert read.value == b"v3"
    stream.close()


def test_a_log_that_ends_before_our_place_is_unreadable(cluster: Cluster) -> None:
    topic = cluster.topics.messages
    cluster.produce(topic, 0, b"k", b"v0")
    stream, owner = started(cluster)
    poll_until(stream, lambda got: len(got) >= 1)
    stream.halt(0)
    stream.resume(0, {topic: 500, cluster.topics.feedback: 0})
    poll_until(stream, lambda _: len(owner.damage) >= 1)
    assert owner.damage[0] == Unreadable(topic, 0, 500)
    stream.close()


def test_a_partition_is_exhausted_only_when_both_its_topics_are_read(cluster: Cluster) -> None:
    cluster.produce(cluster.topics.messages, 0, b"k", b"v0")
    stream, _ = started(cluster)
    poll_until(stream, lambda got: len(got) >= 1 and stream.exhausted(0))
    cluster.produce(cluster.topics.feedback, 0, b"k", b"f0")
    poll_until(stream, lambda got: len(got) >= 1)
    poll_until(stream, lambda _: stream.exhausted(0))
    stream.close()


def test_a_publication_without_a_position_is_refused(cluster: Cluster) -> None:
    stream, owner = started(cluster)
    poll_until(stream, lambda _: len(owner.assignments) == PARTITIONS)
    with pytest.raises(ValueError, match="not a position"):
        stream.publish(Publication([], {(cluster.topics.messages, 0): -1}))
    stream.close()
