"""Writes chat messages to the input topic, for demos and synthetic traffic. Routes nothing."""

from collections.abc import Mapping

from confluent_kafka import KafkaError, Message, Producer

from consumer.ports import OutRecord

_FULL_WAIT_S = 0.05
_FLUSH_S = 30.0


class Feed:
    """A plain producer with the contract's partitioner. Counts what the broker refused."""

    def __init__(self, bootstrap: str, extra: Mapping[str, str] | None = None) -> None:
        self._producer = Producer(
            {
                **(extra or {}),
                "bootstrap.servers": bootstrap,
                "log.connection.close": False,
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "linger.ms": 2,
            }
        )
        self.refused = 0

    def send(self, record: OutRecord) -> None:
        """Queues a record; waits while the queue is full."""
        while True:
            try:
                self._producer.produce(
                    record.topic,
                    record.value,
                    record.key,
                    record.partition,
                    on_delivery=self._delivered,
                    headers=record.headers,  # type: ignore[arg-type]
                )
            except BufferError:
                self._producer.poll(_FULL_WAIT_S)
            else:
                self._producer.poll(0)
                return

    def flush(self) -> int:
        """Waits for all acknowledgements; how many are still missing."""
        return self._producer.flush(_FLUSH_S)

    def close(self) -> None:
        """Ends the producer."""
        self._producer.close()

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self.refused += 1
