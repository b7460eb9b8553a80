"""Reads the state changelog of one partition at takeover. Does not know what the state is."""

from collections.abc import Callable, Iterator

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from consumer.exit_codes import ExitCode
from consumer.kafka.client_settings import KafkaSettings, restore_properties
from consumer.kafka.watermarks import watermarks
from consumer.ports import Clock, StateRecord, StreamStopped

_POLL_S = 0.2
_POLL_RECORDS = 2_000


class Changelog:
    """Restores read_committed records up to the *high watermark* taken at takeover.

    End of partition alone is not enough: it is the last stable offset, which a dead instance's
    open transaction holds back while later state is already committed. Control records occupy
    offsets too, so the end is judged by the end-of-partition offset, never by the last record's.
    """

    def __init__(self, settings: KafkaSettings, clock: Clock, beat: Callable[[str], None]) -> None:
        self._topic = settings.topics.state
        self._timeout_s = settings.restore_timeout_s
        self._clock = clock
        self.beat = beat
        self._records = Consumer(restore_properties(settings, committed=True))
        self._watermarks = Consumer(restore_properties(settings, committed=False))

    def read(self, partition: int) -> Iterator[StateRecord]:
        """Yields (key, value) in offset order; a value of None is a tombstone.

        Raises:
            StreamStopped: the partition is missing, or its end is not reached in time.
        """
        deadline = self._clock.monotonic() + self._timeout_s
        end = self._high_watermark(partition)
        if end == 0:
            return
        self._records.assign([TopicPartition(self._topic, partition, 0)])
        try:
            yield from self._until(end, partition, deadline)
        finally:
            self._records.unassign()

    def close(self) -> None:
        """Closes both readers."""
        self._records.close()
        self._watermarks.close()

    def _until(self, end: int, partition: int, deadline: float) -> Iterator[StateRecord]:
        while True:
            self.beat("restore")
            # One is awaited, the rest is taken: `consume(n, t)` waits the whole t for n.
            messages = self._records.consume(1, _POLL_S)
            messages += self._records.consume(_POLL_RECORDS, 0)
            for message in messages:
                error = message.error()
                offset = message.offset() or 0
                if error is None:
                    if offset >= end:
                        return
                    yield message.key() or b"", message.value()
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                    if offset >= end:
                        return
                elif not error.retriable():
                    raise _lost(self._topic, partition, error.name())
            if self._clock.monotonic() > deadline:
                raise _lost(self._topic, partition, f"no end after {self._timeout_s:.0f} s")

    def _high_watermark(self, partition: int) -> int:
        at = TopicPartition(self._topic, partition)
        try:
            _low, high = watermarks(self._watermarks, at, self.beat)
        except KafkaException as failure:
            raise _lost(self._topic, partition, failure.args[0].name()) from failure
        return high


def _lost(topic: str, partition: int, cause: str) -> StreamStopped:
    return StreamStopped(
        f"state of {topic}[{partition}] cannot be restored ({cause})",
        "check the state topic with `chat-router topics check`",
        exit_code=ExitCode.BROKER,
    )
