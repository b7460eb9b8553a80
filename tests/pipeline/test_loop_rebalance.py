"""A partition that moves while its messages are in the model."""

from pathlib import Path

import pytest

from consumer.pipeline.loop import LoopSettings
from consumer.ports import Assignment, InputGap, Unreadable
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


class Bystander:
    """Owns partitions and does nothing."""

    def assigned(self, assignment: Assignment, state: object) -> None:
        pass

    def revoked(self, partition: int) -> None:
        pass

    def gap(self, gap: InputGap) -> None:
        pass

    def unreadable(self, at: Unreadable) -> None:
        pass


@pytest.fixture
def cluster() -> MemoryCluster:
    return MemoryCluster(TOPICS, 2)


def test_results_of_a_revoked_assignment_are_dropped_and_the_new_owner_publishes_them(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    for partition in (0, 1):
        say(cluster, f"c-{partition}", ["<anger=85>", "<anger=40>", "<anger=40>"], partition)
    model = GatedModel(is_open=False)
    first = Plant(cluster, tmp_path / "first", model)

    def script() -> Turns:
        yield from until(lambda: first.stream.read == 6 and model.waiting > 0)
        joining = cluster.stream("joining")
        joining.start(Bystander())
        yield from until(lambda: set(first.stream.owned) == {0})
        joining.close()
        second = Plant(cluster, tmp_path / "second")
        second.run(until(lambda: cluster.offsets.get((TOPICS.messages, 1)) == 3))
        assert decided_offsets(cluster) == once({1: 3})
        yield from until(lambda: set(first.stream.owned) == {0, 1})
        say(cluster, "c-1", ["after it came back"], 1)
        model.gate.set()
        yield from until(first.done)

    first.run(script())
    assert decided_offsets(cluster) == once({0: 3, 1: 4})
    assert [(lane.partition, lane.epoch) for lane in first.lanes] == [(0, 1), (1, 1), (1, 2)]
    assert first.lanes[-1].held_bytes == 0, "nothing of the first assignment reached the second"
    counts = [body["conversation"]["turns"] for body in decided(cluster)]
    assert sorted(counts) == [1, 1, 2, 2, 3, 3, 4]
    assert len(cluster.read(TOPICS.escalations)) == 2


def test_the_work_of_assignments_that_are_gone_counts_until_it_is_done(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    say(cluster, "c-1", ["hello"] * 100, 1)
    model = GatedModel(is_open=False)
    plant = Plant(cluster, tmp_path, model, LoopSettings(max_in_flight=10), tick_s=0.0)

    def script() -> Turns:
        yield from until(lambda: plant.stream.read >= 10)
        for _ in range(5):
            joining = cluster.stream("joining")
            joining.start(Bystander())
            plant.clock.advance(1.0)
            yield from until(lambda: set(plant.stream.owned) == {0})
            joining.close()
            plant.clock.advance(1.0)
            yield from until(lambda: set(plant.stream.owned) == {0, 1})
            yield from turns(5)
        assert plant.stream.read <= 10 + 10, "ten, and one a poll to keep rebalances served"
        plant.clock.step_s = TICK_S
        model.gate.set()
        yield from until(plant.done)

    plant.run(script())
    assert decided_offsets(cluster) == once({1: 100})


def test_what_is_applied_but_not_committed_goes_with_the_partition(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    say(cluster, "c-1", ["hello"] * 4, 1)
    first = Plant(cluster, tmp_path / "first", tick_s=0.0)

    def script() -> Turns:
        yield from until(lambda: first.stream.read == 4)
        joining = cluster.stream("joining")
        joining.start(Bystander())
        yield from until(lambda: set(first.stream.owned) == {0})
        joining.close()
        Plant(cluster, tmp_path / "second").run_until_done()
        first.clock.step_s = TICK_S

    first.run(script())
    assert decided_offsets(cluster) == once({1: 4})
    assert first.stream.committed() == []


def test_the_next_owner_starts_from_the_state_of_the_one_before(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    say(cluster, "c-1", ["<anger=55>", "hello"])
    Plant(cluster, tmp_path / "first").run_until_done()
    say(cluster, "c-1", ["<anger=60>", "<anger=60>"])
    Plant(cluster, tmp_path / "second").run_until_done()
    assert [body["conversation"]["turns"] for body in decided(cluster)] == [1, 2, 3, 4]
    assert len(cluster.read(TOPICS.escalations)) == 1
