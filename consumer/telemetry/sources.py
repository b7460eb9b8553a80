"""Metrics that are read from their source at a scrape: lag, the loop's age, producer rebuilds."""

import time
from collections.abc import Callable, Iterable, Mapping
from heapq import nlargest

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from consumer.ports import TopicPartition
from consumer.telemetry.catalogue import (
    LAST_LOOP,
    PARTITION_UNREAD,
    PRODUCER_REBUILDS,
    UNREAD,
    Metric,
)

MAX_PARTITION_SERIES = 100


class Unread(Collector):
    """Lag by topic, and by partition for at most `MAX_PARTITION_SERIES` of them."""

    def __init__(self, topics: Iterable[str]) -> None:
        self._topics = tuple(topics)
        self._unread: Mapping[TopicPartition, int] = {}

    def set(self, unread: Mapping[TopicPartition, int]) -> None:
        """Replaces all: a partition that is gone is no series any more."""
        self._unread = unread

    def total(self) -> int:
        """All partitions together."""
        return sum(self._unread.values())

    def collect(self) -> Iterable[Family]:
        """Both families."""
        unread = self._unread
        by_topic = GaugeMetricFamily(UNREAD.full_name, UNREAD.help, labels=["topic"])
        for topic in self._topics:
            total = sum(count for (name, _), count in unread.items() if name == topic)
            by_topic.add_metric([topic], total)
        by_partition = GaugeMetricFamily(
            PARTITION_UNREAD.full_name, PARTITION_UNREAD.help, labels=["topic", "partition"]
        )
        furthest = nlargest(MAX_PARTITION_SERIES, unread.items(), key=lambda item: item[1])
        for (topic, partition), count in sorted(furthest):
            by_partition.add_metric([topic, str(partition)], count)
        return [by_topic, by_partition]


class Watched(Collector):
    """Two numbers that others keep. Until they are told of, both are 0."""

    def __init__(self) -> None:
        self.loop_age_s: Callable[[], float] | None = None
        self.producer_rebuilds: Callable[[], int] | None = None

    def collect(self) -> Iterable[Family]:
        """Both families."""
        age_s, rebuilds = self.loop_age_s, self.producer_rebuilds
        beat = time.time() - age_s() if age_s else 0.0
        return [
            _one(GaugeMetricFamily, LAST_LOOP, beat),
            _one(CounterMetricFamily, PRODUCER_REBUILDS, rebuilds() if rebuilds else 0),
        ]


def _one(
    family: type[GaugeMetricFamily] | type[CounterMetricFamily], metric: Metric, value: float
) -> Family:
    return family(metric.full_name, metric.help, value=value, unit=metric.unit)
