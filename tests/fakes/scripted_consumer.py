"""A client that never connects and says what it is told to, in the calls that it is told to."""

from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition


class ScriptedConsumer(Consumer):
    """Each call of `consume` takes as many messages off the queue as it asks for."""

    def __init__(self) -> None:
        super().__init__({"bootstrap.servers": "127.0.0.1:1", "group.id": "g", "log_level": 0})
        self.queue: list[Message] = []
        self.low, self.high = 0, 1_000
        self.started: list[tuple[str, int, int]] = []

    def says(self, topic: str, *offsets: int) -> None:
        """Records at these offsets."""
        for offset in offsets:
            self.queue.append(
                Message(topic=topic, partition=0, offset=offset, value=b"v", timestamp=(1, 1))
            )

    def fails(self, topic: str, offset: int, code: int, partition: int = 0) -> None:
        """An error told in the place of a record."""
        error = KafkaError(code)
        self.queue.append(Message(topic=topic, partition=partition, offset=offset, error=error))

    def consume(self, num_messages: int = 1, timeout: float = -1) -> list[Message]:
        taken, self.queue = self.queue[:num_messages], self.queue[num_messages:]
        return taken

    def get_watermark_offsets(
        self, partition: TopicPartition, timeout: float = -1, cached: bool = False
    ) -> tuple[int, int]:
        return self.low, self.high

    def committed(
        self, partitions: Sequence[TopicPartition], timeout: float = -1
    ) -> list[TopicPartition]:
        return [TopicPartition(at.topic, at.partition, 0) for at in partitions]

    def incremental_assign(self, partitions: Sequence[TopicPartition]) -> None:
        self.started += [(at.topic, at.partition, at.offset) for at in partitions]

    def incremental_unassign(self, partitions: Sequence[TopicPartition]) -> None:
        # What waits is outdated, but for this error, which librdkafka gives no version.
        self.queue = [one for one in self.queue if _has_no_version(one)]


def _has_no_version(message: Message) -> bool:
    error = message.error()
    return error is not None and error.code() == KafkaError._AUTO_OFFSET_RESET
