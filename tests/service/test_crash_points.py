"""Killed once at each named point, the service loses nothing and doubles nothing."""

from pathlib import Path

import pytest

from tests.service.running import wait_until
from tests.service.stage import PART, staged

pytestmark = pytest.mark.kafka


@pytest.mark.parametrize(
    "point",
    [
        "transaction_begun",
        "after_produce",
        "after_send_offsets",
        "before_commit_return",
        "after_commit",
    ],
)
def test_killed_in_a_transaction(kafka_bootstrap: str, tmp_path: Path, point: str) -> None:
    with (
        staged(kafka_bootstrap, tmp_path) as stage,
        stage.start(crash_at=point, crash_on=2) as running,
    ):
        running.wait_joined()
        stage.feed_until_dead(running)
        assert point == "before_commit_return" or running.landmark == point
        running.restart(crash_at="")
        stage.finish(running)


@pytest.mark.parametrize("point", ["in_on_assign", "mid_restore", "restored", "assigned"])
def test_killed_while_taking_over(kafka_bootstrap: str, tmp_path: Path, point: str) -> None:
    with staged(kafka_bootstrap, tmp_path) as stage:
        stage.fill()
        with stage.start(crash_at=point) as running:
            stage.feed_until_dead(running)
            assert running.landmark == point
            running.restart(crash_at="")
            stage.finish(running)


@pytest.mark.parametrize("point", ["in_on_revoke", "revoked"])
def test_killed_while_giving_up_a_partition(
    kafka_bootstrap: str, tmp_path: Path, point: str
) -> None:
    with staged(kafka_bootstrap, tmp_path) as stage, stage.start("0", crash_at=point) as first:
        stage.feeder.feed(PART)
        wait_until(lambda: first.landmark == "after_commit", "the first takes all")
        with stage.start("1") as second:
            stage.feed_until_dead(first)
            assert first.landmark == point
            first.restart(crash_at="")
            stage.finish(first, second)
