"""Writes traffic to the input topics, and answers finished conversations with feedback."""

import json
import time
from collections.abc import Iterator
from itertools import islice

from confluent_kafka import Producer

from tests.checker.watching import Watch
from tests.fakes.kafka_cluster import KafkaCluster
from tests.service.traffic import Spoken, traffic

FLUSH_S = 30.0
MS = 1_000
CLOSED_EVERY = 7
ACKNOWLEDGED_EVERY = 2
WAIT_S = 0.02

ClosedHeaders = list[tuple[str, bytes]]


class Feeder:
    """One producer. Counts what it wrote; `flush` waits for the acknowledgements."""

    def __init__(self, cluster: KafkaCluster, seed: int, messages: int, conversations: int) -> None:
        self._topics = cluster.topics
        self._left: Iterator[Spoken] = traffic(seed, messages, conversations)
        self._last: dict[str, str] = {}
        self._open: dict[str, str] = {}
        self._cursors: dict[tuple[str, int], int] = {}
        self._finished = 0
        self.messages = 0
        self.feedback = 0
        self._producer = Producer(
            {
                "bootstrap.servers": cluster.bootstrap,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "linger.ms": 1,
            }
        )

    def feed(self, count: int) -> int:
        """Writes the next records of the traffic; how many there were."""
        written = 0
        for spoken in islice(self._left, count):
            value = spoken.value(time.time_ns() // (MS * MS))
            self._producer.produce(self._topics.messages, value, spoken.key)
            if spoken.last:
                self._last[spoken.message_id] = spoken.conversation
            written += 1
        self._producer.flush(FLUSH_S)
        self.messages += written
        return written

    def answer(self, watch: Watch) -> None:
        """Feedback on conversations whose last decision has been seen, so that order is certain."""
        for entry in self._new(watch, self._topics.escalations):
            body = json.loads(entry)
            if body["state"] == "resolved":
                self._open.pop(body["conversation_id"], None)
            else:
                self._open[body["conversation_id"]] = body["escalation_id"]
        for entry in self._new(watch, self._topics.routing):
            conversation = self._last.pop(json.loads(entry)["message_id"], None)
            if conversation is not None:
                self._finished += 1
                self._answer(conversation, self._finished)
        self._producer.flush(FLUSH_S)

    def _answer(self, conversation: str, number: int) -> None:
        escalation = self._open.get(conversation)
        if escalation is not None and number % ACKNOWLEDGED_EVERY == 0:
            self._tell("escalation.acknowledged", conversation, escalation_id=escalation)
        if number % CLOSED_EVERY == 0:
            self._tell("conversation.closed", conversation)

    def _tell(self, kind: str, conversation: str, **more: str) -> None:
        headers: ClosedHeaders = [("ce_specversion", b"1.0"), ("ce_type", kind.encode())]
        value = json.dumps({"conversation_id": conversation, **more}).encode()
        key = f"default:{conversation}".encode()
        self._producer.produce(
            self._topics.feedback,
            value,
            key,
            headers=headers,  # type: ignore[arg-type]
        )
        self.feedback += 1

    def _new(self, watch: Watch, topic: str) -> Iterator[bytes]:
        for at, rows in watch.live.items():
            if at[0] == topic:
                start, end = self._cursors.get(at, 0), len(rows)
                self._cursors[at] = end
                for row in rows[start:end]:
                    yield row.value or b"{}"
