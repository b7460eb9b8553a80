"""Where reading a partition begins at takeover, and what retention took before. Assigns nothing."""

from collections.abc import Callable, Sequence

from confluent_kafka import Consumer, KafkaException, TopicPartition

from consumer.kafka.stable_offsets import stable_offsets
from consumer.kafka.watermarks import watermarks
from consumer.ports import InputGap
from consumer.ports import TopicPartition as At


def committed_offsets(
    consumer: Consumer, partitions: Sequence[At], beat: Callable[[str], None]
) -> list[TopicPartition]:
    """Stable committed offsets with their metadata; waits for pending transactions.

    Raises:
        KafkaException: they cannot be told.
    """
    answer = stable_offsets(consumer, [TopicPartition(*at) for at in partitions], beat)
    for at in answer:
        if at.error is not None:
            raise KafkaException(at.error)
    return answer


def first_offsets(
    consumer: Consumer, partitions: Sequence[At], start: str, beat: Callable[[str], None]
) -> tuple[dict[str, int], tuple[InputGap, ...]]:
    """The first offset to read by topic; `start` is where a group without offsets begins."""
    offsets: dict[str, int] = {}
    gaps: list[InputGap] = []
    for at in committed_offsets(consumer, partitions, beat):
        low, high = watermarks(consumer, at, beat)
        if at.offset < 0 and start == "earliest":
            offsets[at.topic] = low
        elif at.offset < 0:
            offsets[at.topic] = high
            _keep_place(consumer, at.topic, at.partition, high)
        elif at.offset < low:
            gaps.append(InputGap(at.topic, at.partition, at.offset, low, "retention"))
            offsets[at.topic] = low
        else:
            offsets[at.topic] = at.offset
    return offsets, tuple(gaps)


def _keep_place(consumer: Consumer, topic: str, partition: int, offset: int) -> None:
    """Whoever comes before the first publication must not begin at a later end."""
    consumer.commit(offsets=[TopicPartition(topic, partition, offset)], asynchronous=False)
