"""The thinnest real path: a message on real Kafka becomes a decision, its state and its offset."""

import json
from pathlib import Path

import pytest

from tests.fakes.kafka_cluster import KafkaCluster
from tests.service.running import RunningService, wait_until

pytestmark = pytest.mark.kafka


def message(number: int, conversation: str, text: str, **more: object) -> bytes:
    body = {
        "message_id": f"m{number}",
        "conversation_id": conversation,
        "text": text,
        "sent_at": "2026-01-01T00:00:00Z",
        **more,
    }
    return json.dumps(body, ensure_ascii=False).encode()


def test_messages_become_decisions_and_bad_ones_dead_letters(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    with KafkaCluster(kafka_bootstrap, 2) as cluster:
        topics = cluster.topics
        for number in range(20):
            cluster.produce(topics.messages, number % 2, b"k", message(number, "c1", "退款"))
        cluster.produce(topics.messages, 0, b"k", b"{not json")
        with RunningService(cluster, tmp_path) as service:
            wait_until(lambda: len(cluster.read(topics.dead_letters)) == 1, "a dead letter")
            wait_until(lambda: len(cluster.read(topics.routing)) == 20, "20 decisions")
            assert service.stop() == 0
        decisions = [json.loads(value or b"") for _, value in cluster.read(topics.routing)]
        assert {d["intent"]["name"] for d in decisions} == {"refund_return"}
        assert [d["conversation"]["customer_turns"] for d in decisions] == [*range(1, 11)] * 2
