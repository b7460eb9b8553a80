"""Faults of processes, messages and topics, one at a time, on a real broker."""

from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from consumer.exit_codes import ExitCode
from tests.service.marked_model import DEADLY, HANGING, POISON
from tests.service.messages import escalation_events, reasons, say
from tests.service.running import RunningService, wait_until
from tests.service.stage import PART, Stage, staged

pytestmark = pytest.mark.kafka

DEATHS_AT_MOST = 3
SIGTERM_S = 15.0


def test_sigterm_under_load_ends_in_order(kafka_bootstrap: str, tmp_path: Path) -> None:
    with staged(kafka_bootstrap, tmp_path) as stage, stage.start() as running:
        running.wait_joined()
        stage.feeder.feed(PART)
        assert running.stop(SIGTERM_S) == 0
        running.restart()
        stage.feeder.feed(PART)
        running.wait_joined()
        assert running.stop(SIGTERM_S) == 0
        running.restart()
        stage.finish(running)


@pytest.mark.parametrize("poisoned", [1, 5])
def test_poison_costs_only_itself(kafka_bootstrap: str, tmp_path: Path, poisoned: int) -> None:
    with staged(kafka_bootstrap, tmp_path, partitions=1) as stage:
        for number in range(40):
            text = POISON if number % 8 == 3 and number // 8 < poisoned else "退款"
            say(stage.cluster, f"c{number % 5}", text, number=number)
        with stage.start() as running:
            stage.catch_up()
            assert reasons(stage.cluster) == ["model_input"] * poisoned
            stage.finish(running)


def test_two_escalations_opened_by_one_message(kafka_bootstrap: str, tmp_path: Path) -> None:
    with staged(kafka_bootstrap, tmp_path) as stage, stage.start() as running:
        say(stage.cluster, "both", "<anger=90> 转人工")
        stage.catch_up()
        assert escalation_events(stage.cluster) == [
            ("anger", "open", 1),
            ("human_request", "open", 1),
        ]
        stage.finish(running)


@pytest.mark.parametrize("text", [DEADLY, HANGING])
def test_a_message_that_ends_the_process_is_isolated(
    kafka_bootstrap: str, tmp_path: Path, text: str
) -> None:
    with staged(kafka_bootstrap, tmp_path, partitions=1) as stage:
        for number in range(12):
            say(stage.cluster, f"c{number % 3}", text if number == 5 else "退款", number=number)
        with stage.start(loop={"model_timeout_s": 5.0}) as running:
            deaths = restart_until_caught_up(stage, running)
            assert 1 <= deaths <= DEATHS_AT_MOST
            assert reasons(stage.cluster) == ["crash"]
            stage.finish(running)


def restart_until_caught_up(stage: Stage, running: RunningService) -> int:
    deaths = 0

    def done() -> bool:
        nonlocal deaths
        if not running.running:
            deaths += 1
            running.restart()
        return bool(reasons(stage.cluster))

    wait_until(done, "the dead letter", 100.0)
    return deaths


def test_of_two_processes_with_one_identity_one_goes_on(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    with (
        staged(kafka_bootstrap, tmp_path) as stage,
        stage.start("same") as first,
        RunningService(stage.cluster, tmp_path / "twin", "same", rules=str(stage.rules)) as second,
    ):
        both = (first, second)

        def one_is_left() -> bool:
            stage.feeder.feed(2)
            return any(not each.running for each in both)

        wait_until(one_is_left, "one gives way")
        (gone,) = [each for each in both if not each.running]
        (left,) = [each for each in both if each.running]
        assert gone.process.wait() == ExitCode.FENCED, gone.log.read_text()[-2_000:]
        stage.finish(left)


def test_a_missing_output_topic_stops_loudly_and_loses_nothing(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    with staged(kafka_bootstrap, tmp_path) as stage:
        topics = stage.cluster.topics
        admin = AdminClient({"bootstrap.servers": kafka_bootstrap})
        admin.delete_topics([topics.dead_letters])[topics.dead_letters].result(30)
        say(stage.cluster, "c", POISON)
        with stage.start() as running:
            wait_until(lambda: not running.running, "the stop")
            assert running.process.wait() == ExitCode.BROKER
            assert stage.cluster.read(topics.routing) == []
            wanted = NewTopic(topics.dead_letters, stage.cluster.partitions)
            admin.create_topics([wanted])[topics.dead_letters].result(30)
            running.restart()
            stage.catch_up()
            assert reasons(stage.cluster) == ["model_input"]
            stage.finish(running)


def test_at_least_once_decides_everything(kafka_bootstrap: str, tmp_path: Path) -> None:
    with staged(kafka_bootstrap, tmp_path) as stage, stage.start(exactly_once=False) as running:
        running.wait_joined()
        stage.feeder.feed(PART)
        stage.finish(running)
