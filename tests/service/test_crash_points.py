"""Killed once at each named point, the service loses nothing and doubles nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.kafka_cluster import KafkaCluster
from tests.service.checked import catch_up, judge, watch
from tests.service.feeding import Feeder
from tests.service.quiet_rules import rules_without_timers
from tests.service.running import RunningService, wait_until

pytestmark = pytest.mark.kafka

MESSAGES = 300
CONVERSATIONS = 40
PART = 100
# A dead member's partitions wait for its session to end.
SHORT_SESSION = {"session_timeout_ms": 3_000}


class Stage:
    """A cluster with traffic on it, and services that are checked at the end."""

    def __init__(self, cluster: KafkaCluster, folder: Path) -> None:
        self._cluster = cluster
        self._folder = folder
        self._rules = rules_without_timers(folder)
        self.feeder = Feeder(cluster, 1, MESSAGES, CONVERSATIONS)

    def start(self, instance: str = "0", **settings: object) -> RunningService:
        return RunningService(
            self._cluster,
            self._folder,
            instance,
            rules=str(self._rules),
            kafka=SHORT_SESSION,
            **settings,
        )

    def fill(self) -> None:
        """So that there is state to restore."""
        with self.start() as first:
            self.feeder.feed(PART)
            catch_up(self._cluster)
            assert first.stop() == 0

    def feed_until_dead(self, running: RunningService) -> None:
        def dead() -> bool:
            self.feeder.feed(5)
            return not running.running

        wait_until(dead, "the crash")

    def finish(self, *running: RunningService) -> None:
        self.feeder.feed(MESSAGES)
        catch_up(self._cluster)
        for one in running:
            one.wait_joined()
        assert [one.stop() for one in running] == [0] * len(running)


@contextmanager
def staged(bootstrap: str, folder: Path) -> Iterator[Stage]:
    """Checks what the service made of it all at the end of the block."""
    with KafkaCluster(bootstrap, 2) as cluster:
        with watch(cluster) as seen:
            yield (stage := Stage(cluster, folder))
        judge(cluster, stage._rules, seen)


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
