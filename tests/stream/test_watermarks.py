"""First and last offset of a partition that is not known yet, on a real Kafka."""

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions

from consumer.kafka.client_settings import restore_properties
from consumer.kafka.watermarks import watermarks
from tests.fakes.kafka_cluster import KafkaCluster

pytestmark = pytest.mark.kafka


def test_a_partition_that_nobody_knows_for_a_while_is_asked_for_again(
    kafka_bootstrap: str,
) -> None:
    """As when its leader has died and the metadata of the next one has not come round."""
    with KafkaCluster(kafka_bootstrap, 1) as cluster:
        topic = cluster.topics.messages
        reader = Consumer(restore_properties(cluster.settings(), committed=False))
        admin = AdminClient({"bootstrap.servers": kafka_bootstrap})
        asked = []

        def beat(where: str) -> None:
            asked.append(where)
            if len(asked) == 3:
                (made,) = admin.create_partitions([NewPartitions(topic, 2)]).values()
                made.result(30)

        with pytest.raises(KafkaException):
            reader.get_watermark_offsets(TopicPartition(topic, 1), timeout=5)
        assert watermarks(reader, TopicPartition(topic, 1), beat) == (0, 0)
        reader.close()
