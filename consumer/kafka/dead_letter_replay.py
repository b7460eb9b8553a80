"""Sends dead letters back to where they came from, each at most once, whatever the filter.

Letters and the note that they were sent go out in one transaction, under a transactional id that
all replays of a group share: a second replay at the same time fences the first. What was sent is
read only after that, so nothing is ever sent twice.
"""

import time
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress

from confluent_kafka import KafkaException, Producer, TopicPartition
from msgspec import Struct

from consumer.contract.dead_letter import replay_headers
from consumer.exit_codes import ExitCode
from consumer.kafka.client_settings import KafkaSettings, transactional_properties
from consumer.kafka.dead_letters import DeadLetters, Letter, LetterFilter, replay_group
from consumer.kafka.faults import Fault, error_of, fault_of
from consumer.kafka.sent_offsets import MAX_METADATA_CHARACTERS, SentOffsets
from consumer.ports import StreamStopped

_INIT_S = 30.0
_OFFSETS_S = 10.0
_ABORT_S = 5.0
_COMMITTED_S = 30.0
_MAX_CHUNK = 500
_MAX_CHUNK_BYTES = 8_388_608
_QUIET_LOG_LEVEL = 2


class ReplaySummary(Struct):
    """What became of the letters. Foreign ones name a topic that is no input of ours."""

    sent: int = 0
    sent_before: int = 0
    truncated: int = 0
    foreign: int = 0


class DeadLetterReplay:
    """One replay. `pause` sleeps; `announce` is told how many more letters were sent."""

    def __init__(
        self,
        settings: KafkaSettings,
        rate: float,
        announce: Callable[[int], None] = lambda _: None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._rate = rate
        self._announce = announce
        self._pause = pause
        self._letters = DeadLetters(settings)
        self._partitions: dict[str, int] = {}
        self._summary = ReplaySummary()

    def preview(self, wanted: LetterFilter) -> ReplaySummary:
        """What `send` would do. Writes nothing."""
        for partition, sent in self._progress().items():
            for letter in self._letters.read(partition, lambda _start, _end: None):
                if self._is_due(letter, wanted, sent):
                    self._summary.sent += 1
        return self._summary

    def send(self, wanted: LetterFilter) -> ReplaySummary:
        """Sends what is wanted and was not sent before.

        Raises:
            StreamStopped: Kafka cannot be used; what was announced is sent, the rest is not.
        """
        # Asked first, because a broker that is not there is told at once here.
        self._letters.partitions()
        producer = Producer(self._properties())
        try:
            producer.init_transactions(_INIT_S)
            progress = self._progress()
            # Now, for all: what is sent back and buried again meanwhile is another replay's.
            ends = {partition: self._letters.end(partition) for partition in progress}
            for partition, sent in progress.items():
                letters = self._letters.read(partition, sent.mark, ends[partition])
                self._send_letters(producer, letters, sent, wanted)
        except KafkaException as failure:
            raise self._stop(producer, failure) from failure
        finally:
            _close(producer)
        return self._summary

    def close(self) -> None:
        """Ends the reader."""
        self._letters.close()

    def _send_letters(
        self, producer: Producer, letters: Iterable[Letter], sent: SentOffsets, wanted: LetterFilter
    ) -> None:
        chunk: list[Letter] = []
        size = max(1, min(_MAX_CHUNK, int(self._rate)))
        for letter in letters:
            if self._is_due(letter, wanted, sent):
                chunk.append(letter)
            if len(chunk) >= size or sum(map(_bytes, chunk)) > _MAX_CHUNK_BYTES:
                self._send_chunk(producer, chunk, sent)
                chunk = []
        if chunk:
            self._send_chunk(producer, chunk, sent)

    def _is_due(self, letter: Letter, wanted: LetterFilter, sent: SentOffsets) -> bool:
        if not wanted.wants(letter):
            return False
        if letter.offset in sent:
            self._summary.sent_before += 1
        elif letter.truncated:
            self._summary.truncated += 1
        elif not self._has_home(letter):
            self._summary.foreign += 1
        else:
            return True
        return False

    def _has_home(self, letter: Letter) -> bool:
        """Whether it came from an input of ours: its headers are anybody's word."""
        topic = letter.origin_topic
        if topic not in (self._settings.topics.messages, self._settings.topics.feedback):
            return False
        if topic not in self._partitions:
            self._partitions[topic] = self._letters.partitions_of(topic)
        return 0 <= letter.origin_partition < self._partitions[topic]

    def _send_chunk(self, producer: Producer, chunk: list[Letter], sent: SentOffsets) -> None:
        began = time.monotonic()
        for letter in chunk:
            sent.mark(letter.offset, letter.offset + 1)
        note = self._note(chunk[0].partition, sent)
        # 1. The letters, back to where they were.
        producer.begin_transaction()
        for letter in chunk:
            producer.produce(
                letter.origin_topic,
                letter.value,
                letter.key,
                letter.origin_partition,
                headers=replay_headers(letter.headers),  # type: ignore[arg-type]
            )
        # 2. The note that they were sent.
        producer.send_offsets_to_transaction(
            [note],
            self._letters.consumer.consumer_group_metadata(),
            _OFFSETS_S,
        )
        # 3. Both, or neither.
        producer.commit_transaction(-1)
        self._summary.sent += len(chunk)
        self._announce(len(chunk))
        self._pause(max(0.0, len(chunk) / self._rate - (time.monotonic() - began)))

    def _note(self, partition: int, sent: SentOffsets) -> TopicPartition:
        metadata = sent.metadata
        if len(metadata) > MAX_METADATA_CHARACTERS:
            cause = "the letters sent so far lie too scattered to be remembered"
            raise StreamStopped(cause, "replay the older ones first, all reasons", ExitCode.USAGE)
        topic = self._settings.topics.dead_letters
        return TopicPartition(topic, partition, sent.first_unsent, metadata)

    def _progress(self) -> dict[int, SentOffsets]:
        topic = self._settings.topics.dead_letters
        wanted = [TopicPartition(topic, number) for number in self._letters.partitions()]
        try:
            found = self._letters.consumer.committed(wanted, timeout=_COMMITTED_S)
        except KafkaException as failure:
            raise self._letters.unusable(error_of(failure)) from failure
        return {at.partition: self._read(at) for at in found}

    def _read(self, at: TopicPartition) -> SentOffsets:
        try:
            return SentOffsets.read(at.offset, at.metadata)
        except ValueError as error:
            cause = f"the offsets of group {replay_group(self._settings)} are not a replay's"
            raise StreamStopped(cause, "delete that group's offsets", ExitCode.USAGE) from error

    def _stop(self, producer: Producer, failure: KafkaException) -> StreamStopped:
        error = error_of(failure)
        if fault_of(error) is Fault.FENCED:
            producer.purge(blocking=False)
            cause = "another replay of this group has begun"
            return StreamStopped(cause, "let it finish", ExitCode.FENCED)
        try:
            producer.abort_transaction(_ABORT_S)
        except KafkaException:
            # The next replay's init_transactions ends it, and reads the outcome.
            producer.purge(blocking=False)
        cause = f"sending stopped ({error.name()})"
        return StreamStopped(cause, "run it again: nothing is sent twice", ExitCode.BROKER)

    def _properties(self) -> dict[str, str | int | float | bool]:
        return {
            **transactional_properties(self._settings),
            "transactional.id": replay_group(self._settings),
            "log_level": _QUIET_LOG_LEVEL,
        }


def _bytes(letter: Letter) -> int:
    return len(letter.value or b"")


def _close(producer: Producer) -> None:
    """After a failure even closing fails, or warns; what matters has been said by then."""
    with suppress(KafkaException), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        producer.close()
