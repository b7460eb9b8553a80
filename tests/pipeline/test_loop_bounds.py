"""The bounds of the loop: transactions, records and bytes in flight, cadence and urgency."""

from pathlib import Path

import pytest

from consumer.pipeline.loop import LoopSettings
from consumer.pipeline.workers import WorkerSettings
from consumer.ports import Published
from tests.fakes.memory_stream import MemoryCluster
from tests.pipeline.plant import (
    TICK_S,
    GatedModel,
    Plant,
    Turns,
    decided,
    decided_offsets,
    once,
    say,
    turns,
    until,
)
from tests.pipeline.records import TOPICS

ONE_WORKER = WorkerSettings(inference_threads=1, window=4)


@pytest.fixture
def cluster() -> MemoryCluster:
    return MemoryCluster(TOPICS, 2)


def test_a_transaction_holds_no_more_than_it_may(cluster: MemoryCluster, tmp_path: Path) -> None:
    for partition in (0, 1):
        say(cluster, f"c-{partition}", ["hello"] * 50, partition)
    plant = Plant(cluster, tmp_path, loop=LoopSettings(max_transaction=7))
    plant.stream.outcomes = [Published.COMMITTED, Published.NOT_COMMITTED]
    plant.run_until_done()
    sizes = [
        sum(record.topic == TOPICS.routing for record in one.records)
        for one, _ in plant.stream.publications
    ]
    assert max(sizes) <= 7
    assert decided_offsets(cluster) == once({0: 50, 1: 50})


def test_no_more_is_in_flight_than_may_be_but_a_trickle(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    say(cluster, "c-1", ["hello"] * 100)
    model = GatedModel(is_open=False)
    plant = Plant(cluster, tmp_path, model, LoopSettings(max_in_flight=10), ONE_WORKER, tick_s=0.0)

    def script() -> Turns:
        plant.clock.advance(1.0)
        yield from until(lambda: plant.stream.read >= 11)
        yield from turns(5)
        assert plant.stream.read == 11, "ten, and one to keep rebalances served"
        plant.clock.advance(0.11)
        yield from turns(5)
        assert plant.stream.read == 12
        plant.clock.step_s = TICK_S
        model.gate.set()
        yield from until(plant.done)

    plant.run(script())
    assert decided_offsets(cluster) == once({0: 100})


def test_values_count_as_held_until_they_are_committed(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    say(cluster, "c-1", ["x" * 1_000] * 10)
    plant = Plant(cluster, tmp_path, loop=LoopSettings(max_in_flight_bytes=5_000), tick_s=0.0)

    def script() -> Turns:
        yield from until(lambda: plant.stream.read == 10)
        say(cluster, "c-1", ["y"] * 10)
        yield from turns(20)
        assert plant.stream.read == 11, "one to keep rebalances served"
        plant.clock.step_s = TICK_S
        yield from until(plant.done)

    plant.run(script())
    assert decided_offsets(cluster) == once({0: 20})


def test_an_escalation_is_published_before_the_cadence_is_over(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    slow = LoopSettings(cadence_s=10.0)
    plant = Plant(cluster, tmp_path, loop=slow, tick_s=0.0)

    def script() -> Turns:
        plant.clock.advance(1.0)
        say(cluster, "calm", ["hello"])
        yield from until(lambda: plant.stream.read == 1)
        yield from turns(20)
        assert decided(cluster) == []
        say(cluster, "angry", ["<anger=85>"])
        yield from until(plant.done)
        assert len(plant.stream.publications) == 1
        say(cluster, "angry", ["transfer me to a human"])
        yield from until(lambda: plant.stream.read == 3)
        yield from turns(20)
        assert len(plant.stream.publications) == 1, "not so soon after the last commit"
        plant.clock.advance(slow.settle_s)
        yield from until(plant.done)
        say(cluster, "calm", ["hello"])
        yield from until(lambda: plant.stream.read == 4)
        yield from turns(20)
        assert len(plant.stream.publications) == 2
        plant.clock.advance(slow.cadence_s)
        yield from until(plant.done)

    plant.run(script())
    assert decided_offsets(cluster) == once({0: 4})
