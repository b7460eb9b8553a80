"""The group member: reads records and serves rebalances. Publishes and commits nothing.

Subscribed to the messages topic only. The callbacks (un)assign the same-numbered feedback partition
with it, because a group subscribed to both may give partition p of the two to different members.

Traps kept here: an exception that leaves a callback, or a signal handler, inside `consume` makes
the client throw away messages it has already taken; so callbacks catch everything and the loop
raises afterwards. `consume(n, t)` waits the whole t unless n arrive; so one is awaited and the rest
are taken without waiting.
"""

from collections.abc import Callable, Iterable, Mapping

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from consumer.exit_codes import ExitCode
from consumer.kafka.changelog import Changelog
from consumer.kafka.client_settings import KafkaSettings, intake_properties
from consumer.kafka.obstacles import OBSTACLES, Obstacles
from consumer.kafka.places import Places
from consumer.kafka.takeover import committed_offsets, first_offsets
from consumer.kafka.watermarks import lags
from consumer.ports import (
    Assignment,
    Clock,
    InputGap,
    Landmark,
    Owner,
    StreamStopped,
    Unreadable,
)
from consumer.ports import TopicPartition as At
from consumer.records import Record

_MISSING_S = 30.0
_HARMLESS = frozenset(
    {
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
        KafkaError._TIMED_OUT,  # noqa: SLF001
        KafkaError._RESOLVE,  # noqa: SLF001
    }
)
_OF_A_PLACE = OBSTACLES | {KafkaError._PARTITION_EOF}  # noqa: SLF001


class Intake:
    """One consumer of the group. Every method belongs to the kafka thread."""

    def __init__(
        self, settings: KafkaSettings, changelog: Changelog, clock: Clock, landmark: Landmark
    ) -> None:
        self._settings = settings
        self._topics = (settings.topics.messages, settings.topics.feedback)
        self._changelog = changelog
        self._clock = clock
        self._landmark = landmark
        self._missing_since: float | None = None
        self._epochs: dict[int, int] = {}
        self._owned: set[int] = set()
        self._halted: set[int] = set()
        self._places = Places()
        self._obstacles = Obstacles(settings, clock, changelog.beat)
        self._untold: list[tuple[int, InputGap | Unreadable]] = []
        self._joined = False
        self._failure: BaseException | None = None
        self._owner: Owner | None = None
        self.beat = changelog.beat
        self.consumer = Consumer(intake_properties(settings))

    def start(self, owner: Owner) -> None:
        """Subscribes; the first poll joins the group."""
        self._owner = owner
        self.consumer.subscribe(
            [self._settings.topics.messages],
            on_assign=self._guarded(self._assigned),
            on_revoke=self._guarded(self._revoked),
            on_lost=self._guarded(self._revoked),
        )

    def poll(self, limit: int, wait_s: float) -> list[Record]:
        """Copies at most `limit` records out of the client."""
        self._tell()
        records = self._taken(1, wait_s)
        if records and limit > 1:
            records += self._taken(limit - 1, 0)
        self._check_missing()
        return records

    def _taken(self, limit: int, wait_s: float) -> list[Record]:
        """One call of the client; its records get their epoch before another serves callbacks."""
        messages = self.consumer.consume(limit, wait_s)
        if self._failure is not None:
            raise self._failure
        # Callbacks are served inside `consume`: what they have taken from us counts no more.
        readable, epochs = self._places.readable(), self._epochs
        reached: dict[At, int] = {}
        records = []
        for message in messages:
            error = message.error()
            at = (message.topic() or "", message.partition() or 0)
            if error is None:
                if at in readable:
                    record = _record(message, at, epochs[at[1]])
                    records.append(record)
                    reached[at] = record.offset
            elif error.code() not in _OF_A_PLACE:
                self._on_error(message, error)
            elif at in readable:
                self._places.read(reached)
                reached.clear()
                if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                    self._places.met_end(at)
                else:
                    readable.remove(at)  # nothing behind it is believed
                    self._on_obstacle(at, message.offset() or 0, error)
        self._places.read(reached)
        return records

    def _tell(self) -> None:
        """What stands behind records is told when they have been handed over, not before them."""
        untold, self._untold = self._untold, []
        for epoch, at in untold:
            if self._epochs[at.partition] != epoch:
                continue  # halted since, or ours anew: it will be met again
            if isinstance(at, InputGap):
                self._required_owner().gap(at)
            else:
                self._required_owner().unreadable(at)

    def halt(self, partition: int) -> int:
        """Leaves the partition ours and reads no more of it; the epoch of what will come later."""
        self._epochs[partition] += 1
        self._halted.add(partition)
        self._forget_places(partition)
        self.consumer.incremental_unassign(
            [TopicPartition(topic, partition) for topic in self._topics]
        )
        return self._epochs[partition]

    def resume(self, partition: int, offsets: Mapping[str, int]) -> None:
        """Reads a halted partition again."""
        self._halted.discard(partition)
        for topic, offset in offsets.items():
            self._places.start((topic, partition), offset)
        self.consumer.incremental_assign(
            [TopicPartition(topic, partition, offset) for topic, offset in offsets.items()]
        )

    def joined(self) -> bool:
        """Whether an assignment, be it empty, has been received."""
        return self._joined

    def exhausted(self, partition: int) -> bool:
        """Whether nothing is unread: the client has met the end of both topics since."""
        return all(self._places.is_at_end((topic, partition)) for topic in self._topics)

    def lag(self) -> Mapping[At, int]:
        """Unread records by partition, from the client's cached watermarks."""
        return lags(self.consumer, [(t, p) for t in self._topics for p in self._owned])

    def committed(self, partitions: Iterable[At]) -> list[TopicPartition]:
        """Stable committed offsets with their metadata; waits for pending transactions."""
        return committed_offsets(self.consumer, list(partitions), self.beat)

    def close(self) -> None:
        """Leaves the group at once, so that others need not wait for a timeout."""
        self.consumer.close()

    def _guarded(
        self, serve: Callable[[list[TopicPartition]], None]
    ) -> Callable[[Consumer, list[TopicPartition]], None]:
        def callback(_consumer: Consumer, partitions: list[TopicPartition]) -> None:
            try:
                serve(partitions)
            except BaseException as failure:  # raised by poll, after consume
                self._failure = failure

        return callback

    def _assigned(self, partitions: list[TopicPartition]) -> None:
        self._landmark("in_on_assign")
        self._joined = True
        numbers = sorted(at.partition for at in partitions)
        assignments = [self._take_over(number) for number in numbers]
        self.consumer.incremental_assign(
            [
                TopicPartition(topic, assignment.partition, offset)
                for assignment in assignments
                for topic, offset in assignment.next_offsets.items()
            ]
        )
        self._landmark("assigned")

    def _take_over(self, partition: int) -> Assignment:
        """First the committed offsets, then the state: never the other way round."""
        offsets, gaps = self._first_offsets(partition)
        epoch = self._epochs.get(partition, 0) + 1
        self._epochs[partition] = epoch
        self._owned.add(partition)
        assignment = Assignment(partition, epoch, offsets, gaps)
        self._required_owner().assigned(assignment, self._restored(partition))
        for topic, offset in offsets.items():
            self._places.start((topic, partition), offset)
        return assignment

    def _first_offsets(self, partition: int) -> tuple[dict[str, int], tuple[InputGap, ...]]:
        places = [(topic, partition) for topic in self._topics]
        try:
            return first_offsets(self.consumer, places, self._settings.start, self.beat)
        except KafkaException as failure:
            cause = f"the place in partition {partition} cannot be told ({failure.args[0].name()})"
            remedy = "check the brokers; nothing is lost"
            raise StreamStopped(cause, remedy, ExitCode.BROKER) from failure

    def _restored(self, partition: int) -> Iterable[tuple[bytes, bytes | None]]:
        self._landmark("mid_restore")
        yield from self._changelog.read(partition)
        self._landmark("restored")

    def _revoked(self, partitions: list[TopicPartition]) -> None:
        self._landmark("in_on_revoke")
        self._joined = True
        numbers = sorted({at.partition for at in partitions} & self._owned)
        for number in numbers:
            self._owned.discard(number)
            self._forget_places(number)
            self._required_owner().revoked(number)
        read = [number for number in numbers if number not in self._halted]
        self._halted -= set(numbers)
        self.consumer.incremental_unassign(
            [TopicPartition(topic, number) for number in read for topic in self._topics]
        )
        self._landmark("revoked")

    def _on_error(self, message: Message, error: KafkaError) -> None:
        if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            # Said once of a young topic too, whose metadata has not reached every broker yet.
            self._missing_since = self._missing_since or self._clock.monotonic()
        elif error.fatal() or not (error.retriable() or error.code() in _HARMLESS):
            cause = f"reading {message.topic()}[{message.partition()}] failed ({error.name()})"
            raise StreamStopped(cause, "see docs/operations.md, reading failed", ExitCode.BROKER)

    def _check_missing(self) -> None:
        if self._owned:
            self._missing_since = None
        elif (
            self._missing_since is not None
            and self._clock.monotonic() - self._missing_since > _MISSING_S
        ):
            cause = f"topic {self._settings.topics.messages} does not exist"
            raise StreamStopped(
                cause, "create it with `chat-router topics create`", ExitCode.BROKER
            )

    def _on_obstacle(self, at: At, offset: int, error: KafkaError) -> None:
        unread = self._places.next_offset(at)
        verdict = self._obstacles.judge(self.consumer, at, unread, (offset, error))
        if verdict.found is not None:
            self._untold.append((self._epochs[at[1]], verdict.found))
        if verdict.go_on_at is not None:
            self._read_from(at, verdict.go_on_at)

    def _read_from(self, at: At, offset: int) -> None:
        """seek() is refused where an error has ended the client's reading."""
        self.consumer.incremental_unassign([TopicPartition(*at)])
        self.consumer.incremental_assign([TopicPartition(*at, offset)])
        self._places.start(at, offset)

    def _forget_places(self, partition: int) -> None:
        for topic in self._topics:
            self._places.forget((topic, partition))

    def _required_owner(self) -> Owner:
        if self._owner is None:
            message = "start() comes before poll()"
            raise RuntimeError(message)
        return self._owner


def _record(message: Message, at: At, epoch: int) -> Record:
    _kind, timestamp_ms = message.timestamp()
    headers = message.headers()
    return Record(
        at[0],
        at[1],
        # The client's types allow None for messages that were never read from a broker.
        message.offset(),  # type: ignore[arg-type]
        epoch,
        timestamp_ms,
        message.key(),
        message.value(),
        tuple(headers) if headers else (),  # type: ignore[arg-type]
    )
