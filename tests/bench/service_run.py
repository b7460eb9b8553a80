"""(ii), (iii) The whole service in a process of its own, watched from outside."""

import dataclasses
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from confluent_kafka import Consumer, Producer, TopicPartition

from tests.bench.figures import Figure
from tests.bench.traffic import messages
from tests.fakes.kafka_cluster import KafkaCluster

WARM_UP_SHARE = 0.15
PAUSE_S = 0.1
STOP_S = 30
MEGABYTE = 1e6


def preload(cluster: KafkaCluster, count: int, conversations: int) -> None:
    """Fills the input topic."""
    producer = Producer(
        {
            "bootstrap.servers": cluster.bootstrap,
            "partitioner": "murmur2_random",
            "linger.ms": 20,
            "queue.buffering.max.messages": 500_000,
        }
    )
    for key, value in messages(count, conversations):
        while True:
            try:
                producer.produce(cluster.topics.messages, value, key)
                break
            except BufferError:
                producer.poll(PAUSE_S)
    producer.flush()


class MeasuredService:
    """The service, with its CPU, its memory and its progress."""

    def __init__(self, cluster: KafkaCluster, folder: Path, bundle: Path | None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        raw = {
            "kafka": dataclasses.asdict(cluster.settings("0")),
            "ledger": str(folder / "ledger"),
            "bundle": str(bundle) if bundle else "",
        }
        settings = folder / "settings.json"
        settings.write_text(json.dumps(raw))
        self._cluster = cluster
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.service", str(settings)]
        )
        self._watched = psutil.Process(self._process.pid)
        self._reader = Consumer(
            {"bootstrap.servers": cluster.bootstrap, "group.id": f"{cluster.group}-watch"}
        )

    def decided(self) -> int:
        """Records in the routing topic, transaction markers included (a few in a thousand)."""
        return sum(
            self._reader.get_watermark_offsets(TopicPartition(self._cluster.topics.routing, n))[1]
            for n in range(self._cluster.partitions)
        )

    def rss_mb(self) -> float:
        """Resident memory."""
        return float(self._watched.memory_info().rss) / MEGABYTE

    def measure(self, name: str, start: int, end: int) -> Figure:
        """Wall and CPU between two counts of decisions."""
        first = self._at(start)
        last = self._at(end)
        return Figure(
            name, last[0] - first[0], last[1] - first[1], last[2] - first[2], self.rss_mb()
        )

    def _at(self, count: int) -> tuple[int, float, float]:
        while True:
            decided = self.decided()
            if decided >= count:
                user, system, *_ = self._watched.cpu_times()
                return decided, time.perf_counter(), user + system
            if self._process.poll() is not None:
                message = f"the service ended with {self._process.returncode}"
                raise RuntimeError(message)
            time.sleep(PAUSE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(STOP_S)
        self._reader.close()


def whole_service(
    cluster: KafkaCluster, folder: Path, name: str, count: int, bundle: Path | None
) -> Figure:
    """Throughput over a preloaded topic, the first part left out."""
    with MeasuredService(cluster, folder, bundle) as service:
        return service.measure(name, int(count * WARM_UP_SHARE), count)
