"""Reads what is visible under read_committed, from now on or from the start. Joins no group."""

from collections.abc import Iterable

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, TopicPartition

from consumer.records import Record

_METADATA_S = 10.0


class Tail:
    """All partitions of some topics, as one stream of records."""

    def __init__(self, bootstrap: str, topics: Iterable[str], *, from_start: bool = False) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "log.connection.close": False,
                "group.id": "chat-router-tail",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 20,
            }
        )
        offset = OFFSET_BEGINNING if from_start else OFFSET_END
        known = self._consumer.list_topics(timeout=_METADATA_S).topics
        self._consumer.assign(
            [
                TopicPartition(topic, partition, offset)
                for topic in topics
                for partition in known[topic].partitions
            ]
        )

    def read(self, limit: int, wait_s: float) -> list[Record]:
        """What has become visible; waits for the first record only."""
        messages = self._consumer.consume(1, wait_s)
        if messages:
            messages += self._consumer.consume(limit - 1, 0)
        return [
            Record(
                message.topic() or "",
                message.partition() or 0,
                message.offset() or 0,
                0,
                message.timestamp()[1],
                message.key(),
                message.value(),
                tuple(message.headers() or ()),  # type: ignore[arg-type]
            )
            for message in messages
            if message.error() is None
        ]

    def close(self) -> None:
        """Ends the reader."""
        self._consumer.close()
