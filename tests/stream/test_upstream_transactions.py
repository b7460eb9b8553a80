"""What a producer upstream has taken back is never seen; its marks leave holes in the offsets."""

import pytest
from confluent_kafka import Producer

from consumer.ports import Publication
from tests.fakes.kafka_cluster import KafkaCluster
from tests.stream.test_stream_contract import Owner, poll_until

pytestmark = pytest.mark.kafka


def upstream(cluster: KafkaCluster, value: bytes, *, commit: bool) -> None:
    producer = Producer(
        {"bootstrap.servers": cluster.bootstrap, "transactional.id": f"{cluster.prefix}-upstream"}
    )
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(cluster.topics.messages, value, b"k", 0)
    producer.flush(30)
    if commit:
        producer.commit_transaction()
    else:
        producer.abort_transaction()


def test_only_committed_messages_are_read_and_holes_are_no_loss(kafka_bootstrap: str) -> None:
    with KafkaCluster(kafka_bootstrap, 1) as cluster:
        upstream(cluster, b"one", commit=True)
        upstream(cluster, b"taken back", commit=False)
        upstream(cluster, b"two", commit=True)
        stream, owner = cluster.stream(), Owner()
        stream.start(owner)
        read = poll_until(stream, lambda got: len(got) >= 2)
        assert [record.value for record in read] == [b"one", b"two"]
        topic = cluster.topics.messages
        stream.publish(Publication([], {(topic, 0): read[-1].offset + 1}))
        stream.close()
        cluster.produce(topic, 0, b"k", b"three")
        second, owner = cluster.stream(), Owner()
        second.start(owner)
        again = poll_until(second, lambda got: len(got) >= 1)
        assert [record.value for record in again] == [b"three"]
        assert owner.gaps == []
        second.close()
