"""Where a group begins that has committed nothing yet, on a real Kafka."""

import dataclasses

import pytest

from consumer.kafka.stream import KafkaStream
from tests.fakes.kafka_cluster import KafkaCluster, RealClock
from tests.stream.test_stream_contract import Owner, poll_until

pytestmark = pytest.mark.kafka


def test_a_group_that_begins_at_the_end_loses_nothing_that_comes_before_its_first_publication(
    kafka_bootstrap: str,
) -> None:
    with KafkaCluster(kafka_bootstrap, 1) as cluster:
        settings = dataclasses.replace(cluster.settings(), start="latest")
        cluster.produce(cluster.topics.messages, 0, b"k", b"before")
        first, owner = KafkaStream(settings, RealClock()), Owner()
        first.start(owner)
        poll_until(first, lambda _: 0 in owner.assignments)
        first.close()
        cluster.produce(cluster.topics.messages, 0, b"k", b"behind")
        second = KafkaStream(settings, RealClock())
        second.start(Owner())
        read = poll_until(second, lambda got: len(got) >= 1)
        assert [record.value for record in read] == [b"behind"]
        second.close()
