"""Fresh topics on a real Kafka, with the verbs that the tests need. Fakes nothing."""

import time
import uuid
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from consumer.contract.topics import Topics
from consumer.kafka.client_settings import KafkaSettings
from consumer.kafka.stream import KafkaStream
from consumer.records import Headers

SESSION_TIMEOUT_MS = 6_000
TRANSACTION_TIMEOUT_MS = 10_000
_DEADLINE_S = 30.0


class RealClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class KafkaCluster:
    """Creates the topics of the contract under a prefix and deletes them at the end."""

    def __init__(self, bootstrap: str, partitions: int) -> None:
        self.bootstrap = bootstrap
        self.partitions = partitions
        self.prefix = f"t{uuid.uuid4().hex[:10]}"
        names = {name: f"{self.prefix}.{name}" for name in Topics.__dataclass_fields__}
        self.topics = Topics(**names)
        self.group = f"{self.prefix}-group"
        self._admin = AdminClient({"bootstrap.servers": bootstrap})
        self._producer = Producer(
            {"bootstrap.servers": bootstrap, "linger.ms": 0, "partitioner": "murmur2_random"}
        )

    def __enter__(self) -> Self:
        config = {"cleanup.policy": "delete"}
        wanted = [
            NewTopic(
                getattr(self.topics, name),
                self.partitions,
                config={"cleanup.policy": "compact"} if name == "state" else config,
            )
            for name in Topics.__dataclass_fields__
        ]
        for future in self._admin.create_topics(wanted).values():
            future.result(_DEADLINE_S)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        names = [getattr(self.topics, name) for name in Topics.__dataclass_fields__]
        for future in self._admin.delete_topics(names).values():
            future.exception(_DEADLINE_S)

    def settings(self, instance: str = "0") -> KafkaSettings:
        """Settings of one instance, with short time-outs."""
        return KafkaSettings(
            bootstrap=self.bootstrap,
            group=self.group,
            instance=instance,
            topics=self.topics,
            session_timeout_ms=SESSION_TIMEOUT_MS,
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
        )

    def stream(self, instance: str = "0") -> KafkaStream:
        """A new member of the group."""
        return KafkaStream(self.settings(instance), RealClock())

    def produce(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
    ) -> int:
        """Writes one record and waits; its offset."""
        offsets: list[int] = []

        def delivered(error: KafkaError | None, message: Message) -> None:
            assert error is None, error
            offsets.append(message.offset() or 0)

        self._producer.produce(
            topic, value, key, partition, on_delivery=delivered, headers=list(headers) or None
        )
        self._producer.flush(_DEADLINE_S)
        return offsets[0]

    def read(self, topic: str) -> list[tuple[bytes | None, bytes | None]]:
        """All committed records of a topic, by partition."""
        return [(message.key(), message.value()) for message in self.messages(topic)]

    def messages(self, topic: str) -> list[Message]:
        """All committed messages of a topic, read to the high watermark."""
        reader = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": f"{self.prefix}-reader",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
            }
        )
        found: list[Message] = []
        for partition in range(self.partitions):
            reader.assign([TopicPartition(topic, partition, 0)])
            found += _to_the_end(reader)
        reader.close()
        return found

    def cut(self, topic: str, partition: int, before: int) -> None:
        """Deletes records, as retention would."""
        at = TopicPartition(topic, partition, before)
        for future in self._admin.delete_records([at]).values():
            future.result(_DEADLINE_S)


def _to_the_end(reader: Consumer) -> list[Message]:
    found: list[Message] = []
    deadline = time.monotonic() + _DEADLINE_S
    while time.monotonic() < deadline:
        for message in reader.consume(500, 0.2):
            error = message.error()
            if error is None:
                found.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                return found
    raise AssertionError("the end was not reached")
