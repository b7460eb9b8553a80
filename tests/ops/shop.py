"""The world around the service: customers who write, and people who answer. Judges nothing."""

import json
import threading
import time
from types import TracebackType
from typing import Self

from confluent_kafka import Producer

from consumer.contract.topics import Topics
from consumer.kafka.tail import Tail
from consumer.load.traffic import Traffic, TrafficPlan

CONVERSATIONS = 40
OVERRIDDEN_EVERY = 25
FLUSH_S = 30.0
READ = 500
READ_S = 0.2


class Customers:
    """Write from a thread of their own; rate and share of bad records may change meanwhile."""

    def __init__(self, bootstrap: str, topics: Topics, rate: float) -> None:
        self.rate = rate
        self.bad_share = 0.0
        self._topic = topics.messages
        self._producer = _producer(bootstrap)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, name="customers", daemon=True)

    def _write(self) -> None:
        good = Traffic(TrafficPlan(1, conversations=CONVERSATIONS)).messages()
        bad = Traffic(TrafficPlan(2, bad_share=1.0, conversations=CONVERSATIONS)).messages()
        owed = 0.0
        while not self._stop.is_set():
            owed += self.bad_share
            spoiled = owed >= 1.0
            owed -= spoiled
            message = next(bad if spoiled else good).at(time.time_ns() // 1_000_000)
            self._producer.produce(
                self._topic,
                message.value,
                message.key,
                headers=list(message.headers),
            )
            self._producer.poll(0)
            self._stop.wait(1.0 / self.rate)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._producer.flush(FLUSH_S)


class Team:
    """Acknowledges escalations when it is at its desks, and overrides a decision now and then."""

    def __init__(self, bootstrap: str, topics: Topics) -> None:
        self._topics = topics
        self._tail = Tail(bootstrap, (topics.escalations, topics.routing))
        self._producer = _producer(bootstrap)
        self._waiting: dict[str, tuple[str, str]] = {}
        self._decisions = 0
        self.at_desks = True

    def look(self) -> None:
        """Reads what is new and answers it."""
        for record in self._tail.read(READ, READ_S):
            body = json.loads(record.value or b"{}")
            if record.topic == self._topics.escalations:
                at = (body["tenant_id"], body["conversation_id"])
                self._waiting.pop(body["escalation_id"], None)
                if body["state"] == "open":
                    self._waiting[body["escalation_id"]] = at
            else:
                self._decisions += 1
                if self._decisions % OVERRIDDEN_EVERY == 0:
                    at = (body["tenant_id"], body["conversation_id"])
                    self._say("decision.overridden", at, decision_id=body["decision_id"])
        if self.at_desks:
            for escalation, at in self._waiting.items():
                self._say("escalation.acknowledged", at, escalation_id=escalation)
            self._waiting.clear()
        self._producer.poll(0)

    def _say(self, event: str, at: tuple[str, str], **more: str) -> None:
        tenant, conversation = at
        body = {"tenant_id": tenant, "conversation_id": conversation, **more}
        self._producer.produce(
            self._topics.feedback,
            json.dumps(body).encode(),
            f"{tenant}:{conversation}".encode(),
            headers=[("ce_specversion", b"1.0"), ("ce_type", event.encode())],
        )

    def close(self) -> None:
        """Goes home."""
        self._tail.close()
        self._producer.flush(FLUSH_S)


def _producer(bootstrap: str) -> Producer:
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "linger.ms": 1,
            "message.timeout.ms": 300_000,
        }
    )
