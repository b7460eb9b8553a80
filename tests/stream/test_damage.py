"""Batches that nobody can read, on a real Kafka whose log has been damaged on the disk."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumer.broker.cluster import BrokerSettings, EmbeddedKafka
from consumer.kafka.stream import KafkaStream
from consumer.ports import InputGap, Unreadable
from tests.fakes.kafka_cluster import KafkaCluster, RealClock
from tests.stream.test_stream_contract import Owner, poll_until

pytestmark = pytest.mark.kafka

MARK = b"here-be-damage"
# Long and readable: behind the damage librdkafka goes on parsing in the midst of the batch.
LONG = MARK + b'{"text": "plain text", "sent_at": "2026"}' * 200
SEGMENT = "00000000000000000000.log"


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[KafkaCluster]:
    """One partition: a good record, a batch with a flipped byte, and a good one."""
    with (
        EmbeddedKafka(BrokerSettings(data=tmp_path)) as kafka,
        KafkaCluster(kafka.bootstrap, 1) as cluster,
    ):
        for value in (b"before", LONG, MARK, b"behind"):
            cluster.produce(cluster.topics.messages, 0, b"k", value)
        flip(next(tmp_path.glob(f"**/{cluster.topics.messages}-0/{SEGMENT}")))
        yield cluster


def flip(segment: Path) -> None:
    """The broker sends what is in its file; only the reader checks it."""
    with segment.open("r+b") as file:
        content = file.read()
        place = content.find(MARK)
        while place >= 0:
            file.seek(place)
            file.write(MARK[:1].swapcase())
            place = content.find(MARK, place + 1)


def test_a_damaged_batch_is_told_of_again_and_again(damaged: KafkaCluster) -> None:
    stream, owner = damaged.stream(), Owner()
    stream.start(owner)
    read = poll_until(stream, lambda _: len(owner.damage) >= 1)
    assert [record.value for record in read] == [b"before"]
    assert owner.damage[0] == Unreadable(damaged.topics.messages, 0, 1)
    stream.halt(0)
    stream.resume(0, {damaged.topics.messages: 1, damaged.topics.feedback: 0})
    told = len(owner.damage)
    poll_until(stream, lambda _: len(owner.damage) > told)
    stream.close()


def test_a_damaged_batch_that_may_be_skipped_is_lost_with_its_exact_offsets(
    damaged: KafkaCluster,
) -> None:
    settings = dataclasses.replace(damaged.settings(), skip_unreadable=True)
    stream, owner = KafkaStream(settings, RealClock()), Owner()
    stream.start(owner)
    read = poll_until(stream, lambda got: len(got) >= 2)
    assert [record.value for record in read] == [b"before", b"behind"]
    gaps = [InputGap(damaged.topics.messages, 0, n, n + 1, "unreadable") for n in (1, 2)]
    assert owner.gaps in (gaps, [InputGap(damaged.topics.messages, 0, 1, 3, "unreadable")])
    stream.close()
