"""Partitions move between instances in every awkward moment; the checker finds nothing wrong."""

from pathlib import Path

import pytest

from tests.service.marked_model import SLOW
from tests.service.messages import escalation_events, feed_back, say
from tests.service.quiet_rules import rules_with_one_reminder
from tests.service.running import RunningService, wait_until
from tests.service.stage import PART, Stage, staged

pytestmark = pytest.mark.kafka

REMINDER_S = 5


def test_a_second_instance_joins_while_a_slow_batch_runs(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    with staged(kafka_bootstrap, tmp_path) as stage, stage.start("0") as first:
        first.wait_joined()
        for number in range(8):
            say(stage.cluster, f"slow{number % 2}", SLOW, number % 2, number)
        with stage.start("1") as second:
            stage.feeder.feed(PART)
            second.wait_joined()
            stage.finish(first, second)


def test_two_instances_share_the_work(kafka_bootstrap: str, tmp_path: Path) -> None:
    with (
        staged(kafka_bootstrap, tmp_path) as stage,
        stage.start("0") as first,
        stage.start("1") as second,
    ):
        wait_until(lambda: second.landmark == first.landmark == "assigned", "both joined")
        wait_until(lambda: fed_until_committing(stage, first, second), "both publish")
        stage.finish(first, second)


def fed_until_committing(stage: Stage, *running: RunningService) -> bool:
    stage.feeder.feed(2)
    return all(one.landmark == "after_commit" for one in running)


def test_a_partition_lost_in_the_middle_of_its_restore(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    with staged(kafka_bootstrap, tmp_path) as stage:
        stage.fill()
        with stage.start("0", crash_at="stop:mid_restore") as first:
            wait_until(lambda: first.stopped, "the first stops while it restores")
            with stage.start("1") as second:
                stage.feeder.feed(PART)
                stage.catch_up()
                first.thaw()
                stage.finish(first, second)


def test_feedback_goes_where_its_messages_go(kafka_bootstrap: str, tmp_path: Path) -> None:
    with staged(kafka_bootstrap, tmp_path) as stage, stage.start("0") as first:
        for number in range(2):
            say(stage.cluster, f"angry{number}", "<anger=90>", number)
        stage.catch_up()
        with stage.start("1") as second:
            second.wait_joined()
            for number in range(2):
                feed_back(stage.cluster, "conversation.closed", f"angry{number}", number)
            stage.catch_up()
            second.wait_joined()
            assert second.stop() == 0
        for number in range(2):
            feed_back(stage.cluster, "conversation.closed", f"angry{number}", number)
        stage.finish(first)
        events = escalation_events(stage.cluster)
        assert [state for kind, state, _ in events if kind == "anger"].count("resolved") >= 2


@pytest.mark.parametrize("point", ["after_produce", "after_send_offsets"])
def test_takeover_behind_the_open_transaction_of_a_dead_instance(
    kafka_bootstrap: str, tmp_path: Path, point: str
) -> None:
    """Its state lies beyond the last stable offset until the transaction has timed out."""
    short = {"transaction_timeout_ms": 6_000, "socket_timeout_ms": 3_000}
    with staged(kafka_bootstrap, tmp_path) as stage:
        stage.fill()
        with stage.start("dead", crash_at=point, kafka=short) as dead:
            stage.feed_until_dead(dead)
            assert dead.landmark == point
        with stage.start("heir") as heir:
            stage.finish(heir)


def test_a_zombie_publishes_nothing_though_its_timer_is_due(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    rules = rules_with_one_reminder(tmp_path, REMINDER_S)
    with staged(kafka_bootstrap, tmp_path, rules=rules) as stage, stage.start("0") as first:
        first.wait_joined()
        say(stage.cluster, "angry", "<anger=90>")
        stage.catch_up()
        first.freeze()
        with stage.start("1") as second:
            wait_until(lambda: len(escalation_events(stage.cluster)) == 2, "the reminder")
            first.thaw()
            stage.end(first, second)
        assert [seq for _, _, seq in escalation_events(stage.cluster)] == [1, 2]


@pytest.mark.parametrize("point", ["transaction_begun", "after_produce", "after_send_offsets"])
def test_a_zombie_in_its_transaction_commits_nothing(
    kafka_bootstrap: str, tmp_path: Path, point: str
) -> None:
    with staged(kafka_bootstrap, tmp_path) as stage, stage.start("0") as first:
        first.wait_joined()
        stage.feeder.feed(PART)
        stage.catch_up()
        first.arm(f"stop:{point}")
        stage.feeder.feed(PART)
        wait_until(lambda: first.stopped, "the first stops in its transaction")
        with stage.start("1") as second:
            stage.catch_up()
            first.thaw()
            stage.finish(first, second)
