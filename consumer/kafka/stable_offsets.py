"""Asks the group for committed offsets, outlasting a coordinator that dies or moves.

The broker answers only when no transaction holds an offset back, so the wait may be as long as a
dead instance's transaction. It is cut into short requests, between which the loop's heart beats.
"""

from collections.abc import Callable, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

_REQUEST_S = 5.0
_ATTEMPTS = 12


def stable_offsets(
    consumer: Consumer, wanted: Sequence[TopicPartition], beat: Callable[[str], None]
) -> list[TopicPartition]:
    """Committed offsets with their metadata.

    Raises:
        KafkaException: they cannot be told, or not within a minute.
    """
    for _ in range(_ATTEMPTS - 1):
        beat("committed")
        try:
            return consumer.committed(list(wanted), timeout=_REQUEST_S)
        except KafkaException as failure:
            error: KafkaError = failure.args[0]
            if error.code() != KafkaError._TIMED_OUT and not error.retriable():  # noqa: SLF001
                raise
    beat("committed")
    return consumer.committed(list(wanted), timeout=_REQUEST_S)
