"""When dead letters are too many, and what becomes of their partition."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.pipeline.circuit import Circuit, CircuitLimits
from consumer.pipeline.lane import LaneLimits
from consumer.pipeline.loop import LoopSettings
from consumer.ports import OutRecord, Unreadable
from tests.fakes.memory_stream import MemoryCluster
from tests.pipeline.lanes import Talk, bodies, dead_letters, decisions, new_lane
from tests.pipeline.plant import Plant, Turns, decided_offsets, once, say, until
from tests.pipeline.records import TOPICS, key_of, record

LIMITS = CircuitLimits(consecutive=5, ratio=0.25, window=20, probe=2)
RETRY_S = 60.0


def tripped_at(dead: list[bool], patience: int = LIMITS.consecutive) -> int | None:
    """The place of the record that trips the circuit."""
    circuit = Circuit(patience)
    for place, is_dead in enumerate(dead, start=1):
        if is_dead:
            circuit = circuit.buried(place, LIMITS)
            if circuit.tripped(LIMITS):
                return place
    return None


@pytest.mark.parametrize(
    ("dead", "place"),
    [
        ([True] * 4, None),
        ([True] * 5, 5),
        ([False] * 7 + [True] * 5, 12),
        ([True] * 4 + [False] + [True] * 4, None),
        ([False, False, False, True] * 10, None),  # a quarter is not too many
        ([False, False, True] * 10, 21),
        ([True, False, False] * 5, None),  # too few were seen to speak of a share
    ],
)
def test_the_circuit_trips_on_a_row_or_a_share(dead: list[bool], place: int | None) -> None:
    assert tripped_at(dead) == place


def test_after_a_halt_patience_is_short_until_a_good_record_comes() -> None:
    assert tripped_at([True, True], LIMITS.probe) == 2
    assert tripped_at([False, True, True, True, True], LIMITS.probe) is None
    assert tripped_at([True, False, True, True, True, True], LIMITS.probe) is None


@given(st.lists(st.booleans(), max_size=80))
def test_it_trips_exactly_when_the_definition_says_so(dead: list[bool]) -> None:
    def too_many(place: int) -> bool:
        row = dead[max(0, place - LIMITS.consecutive) : place]
        share = dead[max(0, place - LIMITS.window) : place]
        return dead[place - 1] and (
            (len(row) == LIMITS.consecutive and all(row))
            or (place >= LIMITS.window and sum(share) > LIMITS.ratio * LIMITS.window)
        )

    expected = next((place for place in range(1, len(dead) + 1) if too_many(place)), None)
    assert tripped_at(dead) == expected


def incidents(records: list[OutRecord]) -> list[tuple[int, str]]:
    return [(body["offset"], body["cause"]) for body in bodies(records, TOPICS.incidents)]


def flooded() -> Talk:
    talk = Talk(new_lane(limits=LaneLimits(circuit=LIMITS)))
    for offset in range(8):
        talk.feeds(record(offset, b"not json"))
    return talk


def test_a_flooded_lane_stops_in_its_transaction_and_says_where() -> None:
    talk = flooded()
    records, offsets = talk.opens()
    assert len(dead_letters(records)) == 5
    assert incidents(records) == [(5, "dead_letter_overflow")]
    assert offsets == {(TOPICS.messages, 0): 5}
    assert not talk.lane.halted, "until it is committed nothing has happened"
    talk.lane.committed()
    assert talk.lane.halted


def test_a_transaction_that_fails_leaves_the_circuit_as_it_was() -> None:
    talk = flooded()
    first, _ = talk.opens()
    talk.lane.rolled_back()
    assert not talk.lane.halted
    again, _ = talk.opens()
    assert len(dead_letters(again)) == len(dead_letters(first))
    assert incidents(again) == incidents(first)


def test_a_lane_that_starts_over_takes_the_same_records_again() -> None:
    talk = flooded()
    talk.commits()
    talk.lane.start_over(epoch=2)
    assert talk.lane.in_flight == talk.lane.held_bytes == 0
    talk.offset = 5
    talk.says("hello")
    (decision,) = decisions(talk.commits())
    assert decision["source"]["offset"] == 5


def test_what_was_read_before_damage_is_decided_first() -> None:
    talk = Talk()
    talk.says("hello")
    talk.lane.block(Unreadable(TOPICS.messages, 0, 1))
    records = talk.commits()
    assert len(decisions(records)) == 1
    assert incidents(records) == [(1, "unreadable")]
    assert talk.offsets == {(TOPICS.messages, 0): 1}
    assert talk.lane.halted


def spoil(cluster: MemoryCluster, count: int) -> None:
    for _ in range(count):
        cluster.produce(TOPICS.messages, 0, key_of("c-0"), b"not json")


def test_one_partition_halts_the_other_goes_on_and_it_is_tried_again(tmp_path: Path) -> None:
    cluster = MemoryCluster(TOPICS, 2)
    spoil(cluster, 60)
    say(cluster, "c-1", ["hello"] * 5, partition=1)
    plant = Plant(cluster, tmp_path, loop=LoopSettings(halt_retry_s=RETRY_S))

    def script() -> Turns:
        halts = plant.pipeline.halts
        yield from until(lambda: halts.partitions == (0,))
        assert cluster.offsets[(TOPICS.messages, 0)] == 50
        say(cluster, "c-1", ["hello"] * 5, partition=1)
        yield from until(lambda: cluster.offsets[(TOPICS.messages, 1)] == 10)
        plant.clock.advance(RETRY_S)
        yield from until(lambda: halts.partitions == ())
        yield from until(lambda: halts.partitions == (0,))
        assert cluster.offsets[(TOPICS.messages, 0)] == 60, "ten more are enough to be sure"
        say(cluster, "c-0", ["hello"] * 3, partition=0)
        plant.clock.advance(RETRY_S)
        yield from until(plant.done)
        assert halts.partitions == ()

    plant.run(script())
    found = [json.loads(value or b"") for _, value in cluster.read(TOPICS.incidents)]
    assert [one["offset"] for one in found] == [50, 60]
    assert len(cluster.read(TOPICS.dead_letters)) == 60
    good = {at: n for at, n in decided_offsets(cluster).items() if at[0] == "1" or at[1] >= 60}
    assert good == once({1: 10}) | {("0", offset): 1 for offset in (60, 61, 62)}
