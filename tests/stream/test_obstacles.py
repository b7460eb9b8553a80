"""What stands in the way of reading: told in its place, behind the records read before it."""

from collections.abc import Callable, Iterable, Iterator

import pytest
from confluent_kafka import Consumer, KafkaError, TopicPartition

from consumer.kafka.changelog import Changelog
from consumer.kafka.client_settings import KafkaSettings
from consumer.kafka.intake import Intake
from consumer.ports import Assignment, InputGap, StateRecord, Unreadable, pass_by
from consumer.records import Record
from tests.fakes.manual_clock import ManualClock
from tests.fakes.scripted_consumer import ScriptedConsumer
from tests.pipeline.records import TOPICS

MESSAGES, FEEDBACK = TOPICS.messages, TOPICS.feedback
GARBAGE = 8_315_173_733_104_972_834
BAD = KafkaError._BAD_MSG
OUT_OF_RANGE = KafkaError._AUTO_OFFSET_RESET
LONG_ENOUGH = 5


class Journal:
    """All that an owner meets, in the order it meets it."""

    def __init__(self) -> None:
        self.met: list[int | InputGap | Unreadable] = []

    def assigned(self, assignment: Assignment, state: Iterable[StateRecord]) -> None:
        pass

    def revoked(self, partition: int) -> None:
        pass

    def gap(self, gap: InputGap) -> None:
        self.met.append(gap)

    def unreadable(self, at: Unreadable) -> None:
        self.met.append(at)


class NoState(Changelog):
    def read(self, partition: int) -> Iterator[StateRecord]:
        return iter(())


class Bench:
    """An intake that owns partition 0, on a scripted client."""

    def __init__(self) -> None:
        settings = KafkaSettings("127.0.0.1:1", extra={"log_level": "0"})
        self.clock = ManualClock()
        self.intake = Intake(settings, NoState(settings, self.clock, pass_by), self.clock, pass_by)
        self.intake.consumer.close()
        self.client = self.intake.consumer = ScriptedConsumer()
        self.journal = Journal()
        self.revoke: Callable[[], None]
        self.assign: Callable[[], None]
        self._start()

    def _start(self) -> None:
        def subscribe(
            topics: list[str],
            on_assign: Callable[[Consumer, list[TopicPartition]], None],
            on_revoke: Callable[[Consumer, list[TopicPartition]], None],
            on_lost: Callable[[Consumer, list[TopicPartition]], None],
        ) -> None:
            ours = [TopicPartition(MESSAGES, 0)]
            self.assign = lambda: on_assign(self.client, ours)
            self.revoke = lambda: on_revoke(self.client, ours)

        self.client.subscribe = subscribe  # type: ignore[method-assign, assignment]
        self.intake.start(self.journal)
        self.assign()
        self.client.started.clear()

    def poll(self, times: int = 1, limit: int = 100) -> list[Record]:
        records: list[Record] = []
        for _ in range(times):
            batch = self.intake.poll(limit, 0)
            self.journal.met += [record.offset for record in batch]
            records += batch
            self.clock.advance(1)
        return records

    def stays_damaged(self, offset: int) -> None:
        for _ in range(LONG_ENOUGH):
            self.client.fails(MESSAGES, offset, BAD)
            self.poll()


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_gap_is_told_behind_the_records_polled_with_it(bench: Bench) -> None:
    bench.client.low = 9
    bench.client.says(MESSAGES, 0, 1, 2)
    bench.client.fails(MESSAGES, 3, OUT_OF_RANGE)
    bench.poll(2)
    assert bench.client.started == [(MESSAGES, 0, 9)]
    assert bench.journal.met == [0, 1, 2, InputGap(MESSAGES, 0, 3, 9, "retention")]
    bench.client.fails(MESSAGES, 9, OUT_OF_RANGE)
    bench.poll(2)
    assert bench.journal.met[4:] == [Unreadable(MESSAGES, 0, 9)], "it reads on from there"


def test_known_damage_is_told_behind_the_records_polled_with_it(bench: Bench) -> None:
    bench.client.says(MESSAGES, 0, 1)
    bench.poll()
    bench.stays_damaged(2)
    bench.revoke()
    bench.assign()
    bench.journal.met.clear()
    bench.client.says(MESSAGES, 0, 1)
    bench.client.fails(MESSAGES, 2, BAD)
    bench.poll(2)
    assert bench.journal.met == [0, 1, Unreadable(MESSAGES, 0, 2)]


@pytest.mark.parametrize(
    "code", [BAD, KafkaError._BAD_COMPRESSION, KafkaError.INVALID_MSG, KafkaError._NOT_IMPLEMENTED]
)
def test_whoever_cannot_read_it_the_partition_is_to_halt_and_not_the_process(
    bench: Bench, code: int
) -> None:
    for _ in range(LONG_ENOUGH):
        bench.client.fails(MESSAGES, 0, code)
        bench.poll()
    assert bench.journal.met[0] == Unreadable(MESSAGES, 0, 0)


def test_what_follows_damage_is_not_believed(bench: Bench) -> None:
    bench.client.says(MESSAGES, 0)
    for _ in range(LONG_ENOUGH):
        bench.client.fails(MESSAGES, 1, BAD)
        bench.client.fails(MESSAGES, GARBAGE, KafkaError._NOT_IMPLEMENTED)
        bench.client.fails(MESSAGES, GARBAGE + 1, OUT_OF_RANGE)
        bench.client.says(MESSAGES, 7)
        bench.poll(3)
        bench.client.fails(MESSAGES, GARBAGE + 1, OUT_OF_RANGE)
        bench.poll(3)
    assert bench.journal.met[0] == 0
    assert set(bench.journal.met[1:]) == {Unreadable(MESSAGES, 0, 1)}
    assert set(bench.client.started) == {(MESSAGES, 0, 1)}, "it reads on where it was"


def test_a_batch_damaged_behind_its_start_is_unreadable_from_where_it_was_read(
    bench: Bench,
) -> None:
    bench.client.says(MESSAGES, 10, 11)
    bench.poll()
    bench.stays_damaged(10)
    assert Unreadable(MESSAGES, 0, 12) in bench.journal.met
    assert Unreadable(MESSAGES, 0, 10) not in bench.journal.met


def test_a_log_that_ends_before_us_is_unreadable_and_not_read_from_its_start(bench: Bench) -> None:
    bench.client.says(MESSAGES, 500)
    bench.poll()
    bench.client.high = 10
    bench.client.fails(MESSAGES, 501, OUT_OF_RANGE)
    bench.poll(2)
    assert bench.journal.met == [500, Unreadable(MESSAGES, 0, 501)]
    assert bench.client.started == []


@pytest.mark.parametrize("code", [BAD, OUT_OF_RANGE])
def test_obstacles_of_a_partition_that_is_not_read_are_passed_over(bench: Bench, code: int) -> None:
    bench.client.low = 9
    bench.intake.halt(0)
    bench.client.fails(MESSAGES, 3, code)
    bench.poll(2)
    bench.revoke()
    bench.client.fails(MESSAGES, 3, code)
    bench.client.fails(MESSAGES, 3, code, partition=7)
    bench.poll(2)
    assert bench.journal.met == []
    assert bench.client.started == []


def test_what_was_met_before_a_halt_is_not_told_after_it(bench: Bench) -> None:
    bench.client.low = 9
    bench.client.fails(MESSAGES, 3, OUT_OF_RANGE)
    bench.poll()
    bench.intake.halt(0)
    bench.intake.resume(0, {MESSAGES: 2, FEEDBACK: 0})
    bench.poll()
    assert bench.journal.met == []


def test_an_end_met_while_a_partition_was_given_up_does_not_count_later(bench: Bench) -> None:
    end = KafkaError._PARTITION_EOF
    bench.revoke()
    for topic in (MESSAGES, FEEDBACK):
        bench.client.fails(topic, 0, end)
    bench.poll(2)
    bench.assign()
    assert not bench.intake.exhausted(0)
    for topic in (MESSAGES, FEEDBACK):
        bench.client.fails(topic, 0, end)
    bench.poll(2)
    assert bench.intake.exhausted(0)
