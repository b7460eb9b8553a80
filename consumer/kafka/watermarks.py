"""Asks a partition for its first and last offset, outlasting a leader that is just moving."""

import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

_REQUEST_S = 10.0
_ATTEMPTS = 30
_PAUSE_S = 0.2


def watermarks(consumer: Consumer, at: TopicPartition) -> tuple[int, int]:
    """(low, high): the first offset that still exists, and the one after the last.

    Raises:
        KafkaException: it cannot be told, or not within some six seconds of trying.
    """
    for attempt in range(_ATTEMPTS):
        try:
            marks = consumer.get_watermark_offsets(at, timeout=_REQUEST_S)
        except KafkaException as failure:
            # NOT_LEADER and friends are answered while a topic is young or a leader moves.
            if attempt == _ATTEMPTS - 1 or not _passes(failure.args[0]):
                raise
            time.sleep(_PAUSE_S)
            continue
        if marks is not None:
            return marks
    raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001


def _passes(error: KafkaError) -> bool:
    return error.retriable() or error.code() in {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError._TIMED_OUT,  # noqa: SLF001
    }
