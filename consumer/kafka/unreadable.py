"""Batches that no client can read: told from passing trouble, and where the damage ends.

The client repeats the error at one offset for ever and never says how long the batch is, so the
end is found by asking for one offset after the other: exact, where a search that jumps could pass
over a good batch between two bad ones.
"""

from collections.abc import Callable

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from consumer.exit_codes import ExitCode
from consumer.kafka.client_settings import KafkaSettings, probe_properties
from consumer.ports import Clock, StreamStopped
from consumer.ports import TopicPartition as At

DAMAGED = frozenset(
    {
        KafkaError._BAD_MSG,  # noqa: SLF001
        KafkaError._BAD_COMPRESSION,  # noqa: SLF001
        KafkaError.INVALID_MSG,  # the broker itself cannot read it
        KafkaError._NOT_IMPLEMENTED,  # noqa: SLF001 - the middle of a damaged batch, or a new format
    }
)
_REPEATS = 3
_LASTS_S = 2.0
_ANSWER_S = 10.0
_MAX_PROBES = 20_000


class Damage:
    """Counts how often, and for how long, an offset has been unreadable."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[At, tuple[int, int, float]] = {}

    def stays(self, at: At, offset: int) -> bool:
        """One more error there; whether that is no accident of the network any more."""
        now = self._clock.monotonic()
        known, repeats, since = self._seen.get(at, (offset, 0, now))
        if known != offset:
            repeats, since = 0, now
        self._seen[at] = (offset, repeats + 1, since)
        return repeats + 1 >= _REPEATS and now - since >= _LASTS_S


def end_of_damage(
    settings: KafkaSettings, at: TopicPartition, high: int, beat: Callable[[str], None]
) -> int:
    """The first readable offset behind `at`, or `high` where there is none below it.

    Raises:
        StreamStopped: the damage is longer than any batch.
    """
    reader = Consumer(probe_properties(settings))
    try:
        for offset in range(at.offset + 1, min(high, at.offset + _MAX_PROBES)):
            beat("unreadable")
            if (found := _readable(reader, at.topic, at.partition, offset)) is not None:
                return found
    finally:
        reader.close()
    if high - at.offset > _MAX_PROBES:
        cause = f"{at.topic}[{at.partition}] is unreadable for {_MAX_PROBES} offsets"
        raise StreamStopped(cause, "see docs/operations.md, reading failed", ExitCode.BROKER)
    return high


def _readable(reader: Consumer, topic: str, partition: int, offset: int) -> int | None:
    """The offset of the first record at or behind `offset`; None where that is damaged too."""
    reader.assign([TopicPartition(topic, partition, offset)])
    for message in reader.consume(1, _ANSWER_S):
        error = message.error()
        if error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
            return message.offset()
        if error.code() in DAMAGED:
            return None
        raise KafkaException(error)
    raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001
