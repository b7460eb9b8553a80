"""Who is no member any more commits nothing, whatever the moment at which that became so."""

import pytest

from consumer.kafka.intake import Intake
from consumer.kafka.stream import KafkaStream
from consumer.ports import OutRecord, Publication, Published
from tests.fakes.kafka_cluster import KafkaCluster, RealClock
from tests.stream.test_stream_contract import Owner, poll_until

pytestmark = pytest.mark.kafka


@pytest.mark.parametrize("point", ["transaction_begun", "after_produce"])
def test_membership_lost_inside_a_transaction_commits_nothing(
    kafka_bootstrap: str, point: str
) -> None:
    """The client then hands out generation -1, with which the broker fences nobody."""
    with KafkaCluster(kafka_bootstrap, 1) as cluster:
        intakes: list[Intake] = []

        def lose_membership(passed: str) -> None:
            if passed == point:
                intakes[0].consumer.unsubscribe()
                intakes[0].consumer.consume(1, 0.5)

        stream = KafkaStream(cluster.settings(), RealClock(), landmark=lose_membership)
        intakes.append(stream._intake)
        stream.start(Owner())
        cluster.produce(cluster.topics.messages, 0, b"k", b"v")
        (record,) = poll_until(stream, lambda got: len(got) >= 1)
        out = [OutRecord(cluster.topics.routing, b"k", b"decision")]
        publication = Publication(out, {(cluster.topics.messages, 0): record.offset + 1})
        assert stream.publish(publication) is Published.NOT_COMMITTED
        assert cluster.read(cluster.topics.routing) == []
        stream.close()
