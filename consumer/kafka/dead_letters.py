"""Reads the dead-letter topic: what each letter says of itself, never what its message said."""

from collections.abc import Callable, Iterator

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from msgspec import Struct

from consumer.contract.dead_letter import (
    ATTEMPTS,
    ERROR_CLASS,
    OFFSET,
    PARTITION,
    REASON,
    SHA256,
    STAGE,
    TOPIC,
)
from consumer.exit_codes import ExitCode
from consumer.kafka.client_settings import KafkaSettings, restore_properties
from consumer.kafka.watermarks import watermarks
from consumer.ports import StreamStopped
from consumer.records import Headers

_REQUEST_S = 6.0
_READ_S = 0.5
_READ_RECORDS = 500
_QUIET_LOG_LEVEL = 2
_UNKNOWN = "unknown"


class Letter(Struct, frozen=True, gc=False):
    """One dead letter. `origin_*` are the coordinates of the record that it holds."""

    partition: int
    offset: int
    buried_ms: int
    reason: str
    stage: str
    error_class: str
    origin_topic: str
    origin_partition: int
    origin_offset: int
    attempts: int
    truncated: bool
    key: bytes | None
    value: bytes | None
    headers: Headers


class LetterFilter(Struct, frozen=True):
    """Which letters are meant; an empty filter means all."""

    reasons: frozenset[str] = frozenset()
    since_ms: int = 0

    def wants(self, letter: Letter) -> bool:
        """Whether the letter is meant."""
        return letter.buried_ms >= self.since_ms and (
            not self.reasons or letter.reason in self.reasons
        )


class DeadLetters:
    """A reader of the topic that joins no group and remembers nothing."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._topic = settings.topics.dead_letters
        self._bootstrap = settings.bootstrap
        self.consumer = Consumer(
            {
                **restore_properties(settings, committed=True),
                "group.id": replay_group(settings),
                "log_level": _QUIET_LOG_LEVEL,
            }
        )

    def partitions_of(self, topic: str) -> int:
        """How many partitions a topic has; 0 where it does not exist."""
        try:
            found = self.consumer.list_topics(topic, timeout=_REQUEST_S).topics[topic]
        except KafkaException as failure:
            raise self.unusable(failure.args[0]) from failure
        return 0 if found.error is not None else len(found.partitions)

    def partitions(self) -> range:
        """Partitions of the dead-letter topic.

        Raises:
            StreamStopped: no broker, or no such topic.
        """
        count = self.partitions_of(self._topic)
        if count == 0:
            cause = f"topic {self._topic} does not exist"
            raise StreamStopped(cause, "create it: `chat-router topics create`", ExitCode.BROKER)
        return range(count)

    def end(self, partition: int) -> int:
        """Behind the last letter that is there by now."""
        return self._bounds(partition)[1]

    def read(
        self, partition: int, hole: Callable[[int, int], None], end: int | None = None
    ) -> Iterator[Letter]:
        """All letters that were there when the reading began, or before `end`, in order.

        Tells of every stretch [start, end) without a letter as it passes it: retention and
        transactions leave such holes.
        """
        low, high = self._bounds(partition)
        high = high if end is None else min(high, end)
        hole(0, low)
        if low >= high:
            return
        self.consumer.assign([TopicPartition(self._topic, partition, low)])
        try:
            yield from self._until(low, high, hole)
        finally:
            self.consumer.unassign()

    def close(self) -> None:
        """Ends the reader."""
        self.consumer.close()

    def unusable(self, error: KafkaError) -> StreamStopped:
        """The stop for an error of the cluster."""
        cause = f"no usable broker at {self._bootstrap} ({error.name()})"
        return StreamStopped(cause, "check kafka.bootstrap and permissions", ExitCode.BROKER)

    def _bounds(self, partition: int) -> tuple[int, int]:
        try:
            return watermarks(self.consumer, TopicPartition(self._topic, partition))
        except KafkaException as failure:
            raise self.unusable(failure.args[0]) from failure

    def _until(self, low: int, high: int, hole: Callable[[int, int], None]) -> Iterator[Letter]:
        behind = low
        while True:
            for message in self.consumer.consume(_READ_RECORDS, _READ_S):
                error = message.error()
                offset = message.offset() or 0
                if error is None and offset < high:
                    hole(behind, offset)
                    behind = offset + 1
                    yield _letter(message)
                elif error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                    hole(behind, high)
                    return
                elif error.fatal() or not error.retriable():
                    raise self.unusable(error)


def replay_group(settings: KafkaSettings) -> str:
    """The group that remembers what was sent back."""
    return f"{settings.group}-dlq"


def _letter(message: Message) -> Letter:
    headers: Headers = tuple(message.headers() or ())  # type: ignore[arg-type]
    said = dict(headers)
    return Letter(
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        buried_ms=message.timestamp()[1],
        reason=_text(said.get(REASON)),
        stage=_text(said.get(STAGE)),
        error_class=_text(said.get(ERROR_CLASS)),
        origin_topic=_text(said.get(TOPIC)),
        origin_partition=_number(said.get(PARTITION)),
        origin_offset=_number(said.get(OFFSET)),
        attempts=_number(said.get(ATTEMPTS)),
        truncated=SHA256 in said,
        key=message.key(),
        value=message.value(),
        headers=headers,
    )


def _text(raw: bytes | None) -> str:
    """A header as one printable line: others may write to the topic too."""
    text = (raw or b"").decode("utf-8", "replace")
    return "".join(mark if mark.isprintable() else "?" for mark in text) or _UNKNOWN


def _number(raw: bytes | None) -> int:
    return int(raw) if raw is not None and raw.isdigit() and len(raw) < _MAX_DIGITS else -1


_MAX_DIGITS = 19
