"""A small stage for one fault: a cluster, traffic on it, services, and the checker at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.checker.check import Report
from tests.checker.watching import Watch
from tests.fakes.kafka_cluster import KafkaCluster
from tests.service.checked import catch_up, judge, watch
from tests.service.feeding import Feeder
from tests.service.quiet_rules import rules_without_timers
from tests.service.running import RunningService, wait_until

MESSAGES = 300
CONVERSATIONS = 40
PART = 100
FEW = 5
# A dead member's partitions wait for its session to end.
SHORT_SESSION = {"session_timeout_ms": 3_000}


class Stage:
    """Starts services on one cluster and feeds them; what they made of it is judged at the end."""

    def __init__(self, cluster: KafkaCluster, folder: Path, rules: Path, seen: Watch) -> None:
        self.cluster = cluster
        self.seen = seen
        self.rules = rules
        self.feeder = Feeder(cluster, 1, MESSAGES, CONVERSATIONS)
        self.report: Report | None = None
        self._folder = folder

    def start(self, instance: str = "0", **settings: object) -> RunningService:
        """One more instance."""
        kafka = {**SHORT_SESSION, **dict(settings.pop("kafka", {}))}  # type: ignore[call-overload]
        return RunningService(
            self.cluster, self._folder, instance, rules=str(self.rules), kafka=kafka, **settings
        )

    def fill(self) -> None:
        """So that there is state to restore."""
        with self.start("filler") as first:
            self.feeder.feed(PART)
            self.catch_up()
            first.wait_joined()
            assert first.stop() == 0

    def feed_until_dead(self, running: RunningService) -> None:
        """A little traffic at a time, until the process has ended."""

        def dead() -> bool:
            self.feeder.feed(FEW)
            return not running.running

        wait_until(dead, "the end of the process")

    def catch_up(self) -> float:
        """Until nothing is unread."""
        return catch_up(self.cluster)

    def finish(self, *running: RunningService) -> None:
        """The rest of the traffic, and an orderly end of all instances."""
        self.feeder.feed(MESSAGES)
        self.end(*running)

    def end(self, *running: RunningService) -> None:
        """An orderly end of all instances, once nothing is unread."""
        self.catch_up()
        for one in running:
            one.wait_joined()
        assert [one.stop() for one in running] == [0] * len(running)


@contextmanager
def staged(
    bootstrap: str, folder: Path, partitions: int = 2, rules: Path | None = None
) -> Iterator[Stage]:
    """Checks what the services made of it all at the end of the block."""
    rules = rules or rules_without_timers(folder)
    with KafkaCluster(bootstrap, partitions) as cluster:
        with watch(cluster) as seen:
            yield (stage := Stage(cluster, folder, rules, seen))
        stage.report = judge(cluster, rules, seen)
