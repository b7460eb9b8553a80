"""Watches while faults happen: a live read_committed reader, and a sampler of the offsets."""

import contextlib
import threading
import time
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from tests.checker.history import At, Entry, TopicNames
from tests.checker.reading import Reader, entry_of

SAMPLE_S = 0.2
POLL_S = 0.05
CHUNK = 1_000
JOIN_S = 30.0


class Watch:
    """Two threads that only look. What they saw is whole after the `with` block."""

    def __init__(self, bootstrap: str, names: TopicNames, group: str) -> None:
        self._names = names
        self._bootstrap = bootstrap
        self._offsets = Reader(bootstrap, names, group)
        self._ending = threading.Event()
        self._goal: dict[At, int] = {}
        self._reached: dict[At, int] = {}
        self._threads = [
            threading.Thread(target=self._read, name="live-reader", daemon=True),
            threading.Thread(target=self._sample, name="offset-sampler", daemon=True),
        ]
        self.live: dict[At, list[Entry]] = {
            at: [] for at in self._offsets.partitions(*names.outputs)
        }
        self.samples: list[tuple[At, int]] = []
        self.failure: BaseException | None = None

    def seen(self, topic: str) -> list[Entry]:
        """What has become visible in a topic so far."""
        return [
            entry for (name, _), rows in self.live.items() if name == topic for entry in list(rows)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._goal = self._offsets.ends(*self._names.outputs)
        self._ending.set()
        for thread in self._threads:
            thread.join(JOIN_S)
        self._offsets.close()
        assert error is not None or self.failure is None, self.failure

    def _read(self) -> None:
        consumer = Consumer(
            {
                "bootstrap.servers": self._bootstrap,
                "group.id": "live-reader",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 20,
            }
        )
        consumer.assign([TopicPartition(*at, 0) for at in self.live])
        try:
            while not self._ending.is_set():
                self._take(consumer)
            deadline = time.monotonic() + JOIN_S / 2
            while not self._at_goal() and time.monotonic() < deadline:
                self._take(consumer)
        except BaseException as failure:
            self.failure = failure
        finally:
            consumer.close()

    def _at_goal(self) -> bool:
        return all(self._reached.get(at, 0) >= end for at, end in self._goal.items())

    def _take(self, consumer: Consumer) -> None:
        messages = consumer.consume(1, POLL_S)
        messages += consumer.consume(CHUNK, 0)
        for message in messages:
            entry = entry_of(message)
            at, error = (entry.topic, entry.partition), message.error()
            if error is None:
                self.live[at].append(entry)
            elif error.code() == KafkaError._PARTITION_EOF:
                # Offsets of control records are told by nothing else.
                self._reached[at] = entry.offset

    def _sample(self) -> None:
        while not self._ending.is_set():
            began = time.monotonic()
            # A broker that is down has no answer; the next sample follows.
            with contextlib.suppress(KafkaException):
                self.samples += self._offsets.committed().items()
            self._ending.wait(max(0.0, SAMPLE_S - (time.monotonic() - began)))
