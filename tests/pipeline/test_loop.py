"""The loop on the in-memory cluster: one outcome an input, whatever happens on the way."""

from pathlib import Path

import pytest

from consumer.exit_codes import ExitCode
from consumer.inference.faults import EnvironmentFault
from consumer.pipeline.ledger import AttemptLedger
from consumer.pipeline.loop import LoopSettings
from consumer.pipeline.workers import WorkerSettings
from consumer.ports import Published, StreamStopped
from tests.fakes.memory_stream import MemoryCluster
from tests.pipeline.child_models import ModelWithoutMemory
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
from tests.pipeline.records import TOPICS, feedback, feedback_headers, key_of
from tests.service.marked_model import NAN, POISON

ONE_WORKER = WorkerSettings(inference_threads=1, window=4)


@pytest.fixture
def cluster() -> MemoryCluster:
    return MemoryCluster(TOPICS, 2)


def test_every_input_has_exactly_one_outcome(cluster: MemoryCluster, tmp_path: Path) -> None:
    texts = ["hello", "<anger=60>", POISON, "where is my order", NAN, "<anger=85>", "退款"]
    for number in range(30):
        say(cluster, f"c-{number % 7}", texts, partition=number % 2)
    say(cluster, "c-1", ["I am here to help"], 1, role="agent")
    cluster.produce(TOPICS.messages, 0, None, b"{")
    cluster.produce(TOPICS.messages, 0, key_of("c-0"), None)
    closed = feedback_headers("conversation.closed")
    cluster.produce(TOPICS.feedback, 1, key_of("c-1"), feedback("c-1"), closed)
    cluster.produce(TOPICS.feedback, 1, key_of("c-1"), b"{", closed)
    Plant(cluster, tmp_path).run_until_done()
    expected = once({0: 107, 1: 105})
    del expected[("0", 105)], expected[("0", 105)]
    assert decided_offsets(cluster) == expected
    assert len(cluster.read(TOPICS.dead_letters)) == 30 * 2 + 3
    assert cluster.offsets == {
        (TOPICS.messages, 0): 107,
        (TOPICS.messages, 1): 106,
        (TOPICS.feedback, 1): 2,
    }


def test_decisions_of_a_conversation_come_in_the_order_of_its_messages(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    say(cluster, "c-1", ["x" * (1 + 97 * number % 83) for number in range(200)])
    Plant(cluster, tmp_path, workers=WorkerSettings(inference_threads=2, window=3)).run_until_done()
    assert [body["source"]["offset"] for body in decided(cluster)] == list(range(200))
    assert [body["conversation"]["turns"] for body in decided(cluster)] == list(range(1, 201))


@pytest.mark.parametrize("failures", [1, 3])
def test_what_was_not_committed_is_published_again_exactly_once(
    cluster: MemoryCluster, tmp_path: Path, failures: int
) -> None:
    say(cluster, "c-1", ["<anger=85>", "<anger=40>", "<anger=40>"])
    plant = Plant(cluster, tmp_path)
    plant.stream.outcomes = [Published.NOT_COMMITTED] * failures
    plant.run_until_done()
    assert decided_offsets(cluster) == once({0: 3})
    assert len(plant.stream.publications) > failures
    assert len(cluster.read(TOPICS.escalations)) == 1


def test_a_stop_publishes_what_is_in_flight(cluster: MemoryCluster, tmp_path: Path) -> None:
    say(cluster, "c-1", ["hello"] * 20)
    model = GatedModel(is_open=False)
    plant = Plant(cluster, tmp_path, model, workers=ONE_WORKER)

    def script() -> Turns:
        yield from until(lambda: plant.stream.read == 20 and model.waiting > 0)
        assert decided(cluster) == []
        model.gate.set()

    plant.run(script())
    assert decided_offsets(cluster) == once({0: 20})
    assert plant.stream.owned == {}
    assert not AttemptLedger(tmp_path, 1).dirty


def test_a_stop_publishes_again_what_was_refused_while_there_is_time(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    say(cluster, "c-1", ["hello"] * 5)
    plant = Plant(cluster, tmp_path, tick_s=0.0)
    plant.stream.outcomes = [Published.NOT_COMMITTED] * 2

    def script() -> Turns:
        yield from until(lambda: plant.stream.read == 5)
        plant.clock.step_s = TICK_S

    plant.run(script())
    assert decided_offsets(cluster) == once({0: 5})


def test_a_partition_that_halts_at_a_stop_does_not_hold_it_up(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    for _ in range(60):
        cluster.produce(TOPICS.messages, 0, key_of("c-0"), b"not json")
    say(cluster, "c-1", ["hello"] * 5, 1)
    plant = Plant(cluster, tmp_path, tick_s=0.0)
    plant.stream.outcomes = [Published.NOT_COMMITTED]

    def script() -> Turns:
        yield from until(lambda: plant.stream.read == 65)
        plant.clock.step_s = TICK_S

    plant.run(script())
    assert plant.clock.monotonic() < LoopSettings().drain_s
    assert cluster.offsets[(TOPICS.messages, 0)] == 50
    assert decided_offsets(cluster)[("1", 4)] == 1


def test_what_does_not_come_back_in_time_is_left_for_the_next_run(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    say(cluster, "c-1", ["hello"] * 5)
    model = GatedModel(is_open=False)
    short = WorkerSettings(inference_threads=1, window=4, stop_s=0.0)
    plant = Plant(cluster, tmp_path / "a", model, LoopSettings(drain_s=1.0), short)
    plant.run(until(lambda: model.waiting > 0))
    assert decided(cluster) == []
    model.gate.set()
    Plant(cluster, tmp_path / "b").run_until_done()
    assert decided_offsets(cluster) == once({0: 5})


def test_a_worker_that_fails_stops_the_loop(cluster: MemoryCluster, tmp_path: Path) -> None:
    say(cluster, "c-1", ["hello"])
    plant = Plant(cluster, tmp_path, ModelWithoutMemory())
    with pytest.raises(StreamStopped) as stopped:
        plant.run_until_done()
    assert stopped.value.exit_code == ExitCode.INTERNAL
    assert isinstance(stopped.value.__cause__, EnvironmentFault)
    assert cluster.offsets == {}
    assert cluster.read(TOPICS.dead_letters) == []
    assert not AttemptLedger(tmp_path, 2).dirty, "no message is to blame for the environment"


def test_a_model_run_that_takes_too_long_stops_the_loop_and_is_remembered(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    say(cluster, "c-1", ["hello"])
    model = GatedModel(is_open=False)
    plant = Plant(cluster, tmp_path, model, tick_s=0.0)

    def script() -> Turns:
        yield from until(lambda: model.waiting > 0)
        plant.clock.advance(LoopSettings().model_timeout_s)
        yield from turns(3)
        plant.clock.advance(1.0)
        yield from turns(3)

    with pytest.raises(StreamStopped) as stopped:
        plant.run(script())
    assert stopped.value.exit_code == ExitCode.INTERNAL
    assert cluster.offsets == {}
    assert AttemptLedger(tmp_path, 2).dirty
    assert not cluster.members, "it left the group at once"
    model.gate.set()


def test_a_quiet_partition_expires_its_escalation_by_the_wall_clock(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    say(cluster, "angry", ["<anger=85>"])
    plant = Plant(cluster, tmp_path)

    def script() -> Turns:
        yield from until(plant.done)
        plant.clock.advance(3 * 3_600.0)
        yield from until(lambda: len(cluster.read(TOPICS.escalations)) == 5)

    plant.run(script())
    assert cluster.offsets == {(TOPICS.messages, 0): 1}
    assert decided_offsets(cluster) == once({0: 1})


def test_a_gap_met_while_reading_is_told_with_exact_offsets(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    say(cluster, "c-1", ["hello"] * 2)
    plant = Plant(cluster, tmp_path)

    def script() -> Turns:
        yield from until(plant.done)
        say(cluster, "c-1", ["lost", "lost", "kept"])
        cluster.cut(TOPICS.messages, 0, 4)
        yield from until(plant.done)

    plant.run(script())
    ((_, lost),) = cluster.read(TOPICS.incidents)
    assert b'"from_offset":2,"to_offset":4' in (lost or b"")
    assert sorted(offset for _, offset in decided_offsets(cluster)) == [0, 1, 4]
