"""Single input records for tests that need certain ones."""

import json
import time
from datetime import UTC, datetime

from tests.fakes.kafka_cluster import KafkaCluster

MS = 1_000


def say(
    cluster: KafkaCluster, conversation: str, text: str, partition: int = 0, number: int = 0
) -> int:
    """Writes a customer's message, said now; its offset."""
    body = {
        "message_id": f"{conversation}-{number}",
        "conversation_id": conversation,
        "text": text,
        "sent_at": datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds"),
    }
    value = json.dumps(body, ensure_ascii=False).encode()
    key = f"default:{conversation}".encode()
    return cluster.produce(cluster.topics.messages, partition, key, value)


def feed_back(cluster: KafkaCluster, kind: str, conversation: str, partition: int = 0) -> int:
    """Writes a feedback event; its offset."""
    headers = (("ce_specversion", b"1.0"), ("ce_type", kind.encode()))
    value = json.dumps({"conversation_id": conversation}).encode()
    key = f"default:{conversation}".encode()
    return cluster.produce(cluster.topics.feedback, partition, key, value, headers)


def reasons(cluster: KafkaCluster) -> list[str]:
    """Reasons of all dead letters."""
    letters = [dict(m.headers() or ()) for m in cluster.messages(cluster.topics.dead_letters)]
    return [str(letter["x-chat-router-reason"], "utf-8") for letter in letters]  # type: ignore[arg-type]


def escalation_events(cluster: KafkaCluster) -> list[tuple[str, str, int]]:
    """(kind, state, seq) of all escalation events."""
    return [
        (body["kind"], body["state"], body["seq"])
        for body in (
            json.loads(value or b"") for _, value in cluster.read(cluster.topics.escalations)
        )
    ]
