"""Open-loop latency: messages at a steady rate, from broker timestamp to visible decision."""

import json
import threading
import time
from pathlib import Path

from confluent_kafka import Producer

from consumer.kafka.tail import Tail
from tests.bench.figures import Latency
from tests.bench.service_run import MeasuredService
from tests.bench.traffic import messages
from tests.fakes.kafka_cluster import KafkaCluster

TICK_S = 0.01
WARM_UP_S = 3.0
MS = 1_000
READ_RECORDS = 5_000
READ_S = 0.02


def latency(
    cluster: KafkaCluster, folder: Path, bundle: Path | None, load: float, rate: float, seconds: int
) -> Latency:
    """p50 and p99 at `rate` messages a second."""
    sent_ms: dict[str, float] = {}
    seen: dict[str, float] = {}
    with MeasuredService(cluster, folder, bundle):
        _until_warm(cluster)
        tail = Tail(cluster.bootstrap, [cluster.topics.routing])
        sender = threading.Thread(target=_send, args=(cluster, rate, seconds, sent_ms))
        sender.start()
        _collect(tail, sender, sent_ms, seen)
        tail.close()
    first = min(sent_ms.values()) + WARM_UP_S * MS
    waits = sorted(seen[i] - at for i, at in sent_ms.items() if i in seen and at >= first)
    return Latency(load, rate, waits[len(waits) // 2], waits[int(len(waits) * 0.99)])


def _until_warm(cluster: KafkaCluster) -> None:
    """One message through the whole service before the clock starts."""
    for key, value in messages(1, 1):
        cluster.produce(cluster.topics.messages, 0, key, value)
    while not cluster.read(cluster.topics.routing):
        time.sleep(TICK_S)


def _send(cluster: KafkaCluster, rate: float, seconds: int, sent_ms: dict[str, float]) -> None:
    producer = Producer(
        {"bootstrap.servers": cluster.bootstrap, "partitioner": "murmur2_random", "linger.ms": 1}
    )

    def delivered(_error: object, message: object) -> None:
        identity = json.loads(message.value())["message_id"]  # type: ignore[attr-defined]
        sent_ms[identity] = message.timestamp()[1]  # type: ignore[attr-defined]

    began = time.perf_counter()
    count = int(rate * seconds)
    for number, (key, value) in enumerate(messages(count, 20_000)):
        while time.perf_counter() - began < number / rate:
            producer.poll(TICK_S)
        producer.produce(cluster.topics.messages, value, key, on_delivery=delivered)
    producer.flush()


def _collect(
    tail: Tail, sender: threading.Thread, sent_ms: dict[str, float], seen: dict[str, float]
) -> None:
    quiet_since = time.monotonic()
    while sender.is_alive() or time.monotonic() - quiet_since < WARM_UP_S:
        records = tail.read(READ_RECORDS, READ_S)
        now_ms = time.time() * MS
        for record in records:
            seen[json.loads(record.value or b"{}")["message_id"]] = now_ms
        if records:
            quiet_since = time.monotonic()
        if not sender.is_alive() and len(seen) > len(sent_ms):
            return
