"""Joins the group member and a publisher into the `Stream` port. Holds no logic of its own."""

from collections.abc import Callable, Mapping
from typing import Protocol

from consumer.kafka.at_least_once import AcknowledgedPublisher
from consumer.kafka.changelog import Changelog
from consumer.kafka.client_settings import KafkaSettings
from consumer.kafka.intake import Intake
from consumer.kafka.transactions import TransactionalPublisher
from consumer.ports import Clock, Landmark, Owner, Publication, Published, TopicPartition, pass_by
from consumer.records import Record


class Publisher(Protocol):
    """One of the two delivery guarantees."""

    rebuilds: int

    def publish(self, publication: Publication) -> Published:
        """Makes a publication visible, or not."""
        ...

    def close(self) -> None:
        """Releases the producer."""
        ...


class KafkaStream:
    """The real `Stream`. Everything runs on the thread that calls it."""

    def __init__(
        self,
        settings: KafkaSettings,
        clock: Clock,
        *,
        exactly_once: bool = True,
        landmark: Landmark = pass_by,
        beat: Callable[[str], None] = pass_by,
    ) -> None:
        self._changelog = Changelog(settings, clock, beat)
        self._intake = Intake(settings, self._changelog, clock, landmark)
        self._publisher: Publisher = (
            TransactionalPublisher(settings, self._intake, clock, landmark)
            if exactly_once
            else AcknowledgedPublisher(settings, self._intake)
        )

    def start(self, owner: Owner) -> None:
        """Joins the group at the next poll."""
        self._intake.start(owner)

    def poll(self, limit: int, wait_s: float) -> list[Record]:
        """Reads records and serves rebalances."""
        return self._intake.poll(limit, wait_s)

    def publish(self, publication: Publication) -> Published:
        """Publishes under the chosen guarantee."""
        return self._publisher.publish(publication)

    def halt(self, partition: int) -> int:
        """Reads no more of a partition that stays ours."""
        return self._intake.halt(partition)

    def resume(self, partition: int, offsets: Mapping[str, int]) -> None:
        """Reads a halted partition again."""
        self._intake.resume(partition, offsets)

    @property
    def rebuilds(self) -> int:
        """How often a new producer was needed."""
        return self._publisher.rebuilds

    def joined(self) -> bool:
        """Whether the group has given an assignment."""
        return self._intake.joined()

    def exhausted(self, partition: int) -> bool:
        """Whether nothing is unread in the partition."""
        return self._intake.exhausted(partition)

    def lag(self) -> Mapping[TopicPartition, int]:
        """Unread records of the assigned partitions."""
        return self._intake.lag()

    def close(self) -> None:
        """Leaves the group first, so that its partitions move on at once."""
        self._intake.close()
        self._changelog.close()
        self._publisher.close()
