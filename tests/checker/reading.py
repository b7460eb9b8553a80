"""Reads a history from Kafka with read_committed readers. Judges nothing."""

import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from tests.checker.history import At, Entry, History, Partition, TopicNames

TIMEOUT_S = 10.0
READ_S = 60.0
STABLE_S = 60.0
PAUSE_S = 0.1
CHUNK = 2_000
NOT_COMMITTED = -1


class Reader:
    """Asks the cluster on behalf of the checker. Its group is only asked, never joined."""

    def __init__(self, bootstrap: str, names: TopicNames, group: str) -> None:
        self._names = names
        self._stable = Consumer(_properties(bootstrap, group, "read_committed"))
        self._all = Consumer(_properties(bootstrap, group, "read_uncommitted"))

    def close(self) -> None:
        """Ends the readers."""
        self._stable.close()
        self._all.close()

    def partitions(self, *topics: str) -> list[At]:
        """All partitions of the topics."""
        deadline = time.monotonic() + TIMEOUT_S
        known = self._all.list_topics(timeout=TIMEOUT_S).topics
        while not known.keys() >= set(topics) and time.monotonic() < deadline:
            # A young topic is known to the controller before it is to every broker.
            time.sleep(PAUSE_S)
            known = self._all.list_topics(timeout=TIMEOUT_S).topics
        return [(topic, number) for topic in topics for number in sorted(known[topic].partitions)]

    def ends(self, *topics: str) -> dict[At, int]:
        """High watermarks."""
        return {at: _end(self._all, at) for at in self.partitions(*topics)}

    def committed(self) -> dict[At, int]:
        """The group's offsets, without waiting for open transactions."""
        wanted = [TopicPartition(*at) for at in self.partitions(*self._names.inputs)]
        answer = self._all.committed(wanted, timeout=TIMEOUT_S)
        return {(at.topic, at.partition): at.offset for at in answer if at.offset >= 0}

    def lag(self) -> int:
        """Input records that are not yet accounted for."""
        committed = self.committed()
        ends = self.ends(*self._names.inputs)
        return sum(end - committed.get(at, 0) for at, end in ends.items())

    def wait_stable(self) -> None:
        """Returns when no output partition has an open transaction, or after a minute."""
        deadline = time.monotonic() + STABLE_S
        while time.monotonic() < deadline:
            if all(one.stable_end == one.end for one in self._outputs().values()):
                return
            time.sleep(PAUSE_S)

    def history(self) -> History:
        """All topics, read from their beginning to their end."""
        names = self._names
        entries = {topic: self.read(topic) for topic in (*names.inputs, *names.outputs)}
        committed = self.committed()
        inputs = {
            at: Partition(end, end, committed.get(at))
            for at, end in self.ends(*names.inputs).items()
        }
        return History(names, entries, inputs | self._outputs())

    def read(self, topic: str) -> list[Entry]:
        """Committed records of a topic, one partition after the other."""
        found: list[Entry] = []
        for at in self.partitions(topic):
            self._stable.assign([TopicPartition(*at, 0)])
            found += self._to_the_end()
        self._stable.unassign()
        return found

    def _outputs(self) -> dict[At, Partition]:
        return {
            at: Partition(_end(self._stable, at), _end(self._all, at))
            for at in self.partitions(*self._names.outputs)
        }

    def _to_the_end(self) -> list[Entry]:
        found: list[Entry] = []
        deadline = time.monotonic() + READ_S
        while time.monotonic() < deadline:
            messages = self._stable.consume(1, 1.0)
            messages += self._stable.consume(CHUNK, 0)
            found += [entry_of(message) for message in messages if message.error() is None]
            if any(_is_end(message.error()) for message in messages):
                return found
        raise AssertionError("the end of a partition was not reached")


def entry_of(message: Message) -> Entry:
    """A record as the checker keeps it."""
    return Entry(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        message.timestamp()[1],
        message.key(),
        message.value(),
        tuple(message.headers() or ()),  # type: ignore[arg-type]
    )


def _is_end(error: KafkaError | None) -> bool:
    return error is not None and error.code() == KafkaError._PARTITION_EOF


def _end(consumer: Consumer, at: At) -> int:
    deadline = time.monotonic() + STABLE_S
    while True:
        try:
            marks = consumer.get_watermark_offsets(TopicPartition(*at), timeout=TIMEOUT_S)
        except KafkaException:
            # Leaders move when a broker dies.
            marks = None
        if marks is not None:
            return marks[1]
        assert time.monotonic() < deadline, at
        time.sleep(PAUSE_S)


def _properties(bootstrap: str, group: str, isolation: str) -> dict[str, str | int | bool]:
    return {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "isolation.level": isolation,
        "fetch.wait.max.ms": 20,
    }
