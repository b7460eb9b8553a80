"""Asks a partition for its first and last offset, outlasting a leader that dies or moves.

A client that reads nothing of a topic keeps its old leader in mind, and asks a dead broker again
and again. So a failed request is followed by fresh metadata, and each one is short: the loop's
heart must beat between them, or the watchdog ends a process that only waits for a new leader.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from consumer.ports import TopicPartition as At
from consumer.ports import pass_by

_REQUEST_S = 2.0
_ATTEMPTS = 30
_PAUSE_S = 0.2


def watermarks(
    consumer: Consumer, at: TopicPartition, beat: Callable[[str], None] = pass_by
) -> tuple[int, int]:
    """(low, high): the first offset that still exists, and the one after the last.

    Raises:
        KafkaException: it cannot be told, or not within some two minutes of trying.
    """
    for attempt in range(_ATTEMPTS):
        beat("watermarks")
        try:
            marks = consumer.get_watermark_offsets(at, timeout=_REQUEST_S)
        except KafkaException as failure:
            if attempt == _ATTEMPTS - 1 or not _passes(failure.args[0]):
                raise
        else:
            if marks is not None:
                return marks
        _look_again(consumer, at.topic, beat)
    raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001


def lags(consumer: Consumer, assigned: Sequence[At]) -> dict[At, int]:
    """Unread records of assigned partitions, as far as the client knows without asking."""
    found: dict[At, int] = {}
    wanted = [TopicPartition(*at) for at in assigned]
    for at in consumer.position(wanted) if wanted else ():
        _low, high = consumer.get_watermark_offsets(at, cached=True)
        if at.offset >= 0 and high >= 0:
            found[(at.topic, at.partition)] = max(0, high - at.offset)
    return found


def _look_again(consumer: Consumer, topic: str, beat: Callable[[str], None]) -> None:
    """Fetches the topic's metadata anew; where that fails too, the next attempt tells."""
    time.sleep(_PAUSE_S)
    beat("metadata")
    with suppress(KafkaException):
        consumer.list_topics(topic, timeout=_REQUEST_S)


def _passes(error: KafkaError) -> bool:
    return error.retriable() or error.code() in {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError._TIMED_OUT,  # noqa: SLF001
        # What the client says of a partition whose leader has died, until metadata names the next.
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
    }
