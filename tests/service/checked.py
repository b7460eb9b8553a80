"""Joins the services of a test with the checker: names of topics, and the verdict."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.checker.check import Report
from tests.checker.history import TopicNames
from tests.checker.reading import Reader
from tests.checker.verify import verify, wait_caught_up
from tests.checker.watching import Watch
from tests.fakes.kafka_cluster import KafkaCluster

SOURCE = "/chat-router/test"


def names_of(cluster: KafkaCluster) -> TopicNames:
    """The topics as the checker wants them."""
    topics = cluster.topics
    return TopicNames(
        topics.messages,
        topics.feedback,
        topics.routing,
        topics.escalations,
        topics.dead_letters,
        topics.state,
    )


def watch(cluster: KafkaCluster) -> Watch:
    """Looks on while the block runs."""
    return Watch(cluster.bootstrap, names_of(cluster), cluster.group)


@contextmanager
def asking(cluster: KafkaCluster) -> Iterator[Reader]:
    """Asks for offsets and ends."""
    reader = Reader(cluster.bootstrap, names_of(cluster), cluster.group)
    try:
        yield reader
    finally:
        reader.close()


def catch_up(cluster: KafkaCluster, since: float | None = None) -> float:
    """Waits until nothing is unread; how many seconds that took."""
    with asking(cluster) as reader:
        took = wait_caught_up(reader, since)
        assert reader.lag() == 0, f"{reader.lag()} records unread after {took:.0f} s"
    return took


def judge(
    cluster: KafkaCluster, rules: Path, seen: Watch | None = None, caught_up_s: float | None = None
) -> Report:
    """The checker's report; fails the test with its violations."""
    names = names_of(cluster)
    report = verify(cluster.bootstrap, names, cluster.group, rules, SOURCE, seen, caught_up_s)
    assert not report.violations, f"\n{report}"
    return report
