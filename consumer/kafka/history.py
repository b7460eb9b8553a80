"""Reads what topics hold up to now, or single records of them. Joins no group, writes nothing."""

from collections.abc import Iterable, Iterator

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from consumer.exit_codes import ExitCode
from consumer.kafka.client_settings import KafkaSettings, restore_properties
from consumer.kafka.watermarks import watermarks
from consumer.ports import StreamStopped
from consumer.records import Record

_REQUEST_S = 6.0
_READ_S = 0.5
_READ_RECORDS = 500
_QUIET_LOG_LEVEL = 2
# Reading over so many unwanted records costs less than a new position.
_WORTH_A_SEEK = 2_000


class History:
    """A reader of recorded traffic."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._bootstrap = settings.bootstrap
        self._consumer = Consumer(
            {**restore_properties(settings, committed=True), "log_level": _QUIET_LOG_LEVEL}
        )

    def partitions(self, topic: str) -> range:
        """The topic's partitions.

        Raises:
            StreamStopped: no broker, or no such topic.
        """
        try:
            found = self._consumer.list_topics(topic, timeout=_REQUEST_S).topics[topic]
        except KafkaException as failure:
            raise self._unusable(failure.args[0]) from failure
        if found.error is not None or not found.partitions:
            cause = f"topic {topic} does not exist"
            raise StreamStopped(cause, "create it: `chat-router topics create`", ExitCode.BROKER)
        return range(len(found.partitions))

    def size(self, topic: str) -> int:
        """How many offsets all partitions hold: an upper bound of the records."""
        ends = [self._marks(topic, partition) for partition in self.partitions(topic)]
        return sum(high - low for low, high in ends)

    def read(self, topic: str) -> Iterator[Record]:
        """All that was there when the reading began: partition by partition, in offset order."""
        for partition in self.partitions(topic):
            low, high = self._marks(topic, partition)
            yield from self._stretch(topic, partition, low, high)

    def find(self, topic: str, partition: int, offsets: Iterable[int]) -> Iterator[Record]:
        """The records at these offsets, as far as they still exist, in offset order."""
        low, high = self._marks(topic, partition)
        wanted = sorted({offset for offset in offsets if low <= offset < high})
        while wanted:
            end = _end_of_run(wanted)
            run = frozenset(wanted[:end])
            stretch = self._stretch(topic, partition, wanted[0], wanted[end - 1] + 1)
            yield from (record for record in stretch if record.offset in run)
            wanted = wanted[end:]

    def close(self) -> None:
        """Ends the reader."""
        self._consumer.close()

    def _marks(self, topic: str, partition: int) -> tuple[int, int]:
        try:
            return watermarks(self._consumer, TopicPartition(topic, partition))
        except KafkaException as failure:
            raise self._unusable(failure.args[0]) from failure

    def _stretch(self, topic: str, partition: int, start: int, end: int) -> Iterator[Record]:
        if start >= end:
            return
        self._consumer.assign([TopicPartition(topic, partition, start)])
        try:
            yield from self._until(end)
        finally:
            self._consumer.unassign()

    def _until(self, end: int) -> Iterator[Record]:
        while True:
            for message in self._consumer.consume(_READ_RECORDS, _READ_S):
                error = message.error()
                if error is None:
                    if (message.offset() or 0) >= end:
                        return
                    yield _record(message)
                    if message.offset() == end - 1:
                        return
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                    return
                elif error.fatal() or not error.retriable():
                    raise self._unusable(error)

    def _unusable(self, error: KafkaError) -> StreamStopped:
        cause = f"no usable broker at {self._bootstrap} ({error.name()})"
        return StreamStopped(cause, "check kafka.bootstrap and permissions", ExitCode.BROKER)


def _end_of_run(wanted: list[int]) -> int:
    """How many of the first offsets are read without a new position."""
    for index in range(1, len(wanted)):
        if wanted[index] - wanted[index - 1] > _WORTH_A_SEEK:
            return index
    return len(wanted)


def _record(message: Message) -> Record:
    return Record(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        0,
        message.timestamp()[1],
        message.key(),
        message.value(),
        tuple(message.headers() or ()),  # type: ignore[arg-type]
    )
