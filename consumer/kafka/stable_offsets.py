"""Asks the group for committed offsets, outlasting a coordinator that dies or moves.

The broker answers only when no transaction holds an offset back, so the wait may be as long as a
dead instance's transaction. It is cut into short requests, between which the loop's heart beats.
"""

import time
from collections.abc import Callable, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

_REQUEST_S = 5.0
_PATIENCE_S = 60.0
_PAUSE_S = 0.2
# `retriable()` is true of the producer's errors only.
_PASSES = frozenset(
    {
        KafkaError._TIMED_OUT,  # noqa: SLF001
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.REQUEST_TIMED_OUT,
    }
)


def stable_offsets(
    consumer: Consumer, wanted: Sequence[TopicPartition], beat: Callable[[str], None]
) -> list[TopicPartition]:
    """Committed offsets with their metadata.

    Raises:
        KafkaException: they cannot be told, or not within a minute.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        beat("committed")
        try:
            return consumer.committed(list(wanted), timeout=_REQUEST_S)
        except KafkaException as failure:
            error: KafkaError = failure.args[0]
            if error.code() not in _PASSES or time.monotonic() > deadline:
                raise
        # A coordinator that has moved says so at once.
        time.sleep(_PAUSE_S)
