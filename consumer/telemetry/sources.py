"""Metrics that are read from their source at a scrape: partitions, the loop's age, doubts."""

import time
from collections.abc import Callable, Iterable, Mapping
from heapq import nlargest

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from consumer.ports import TopicPartition
from consumer.telemetry.catalogue import (
    LAST_LOOP,
    MAX_PARTITION_SERIES,
    PARTITION_OFFSET,
    PARTITION_UNREAD,
    UNCERTAIN,
    UNREAD,
)
from consumer.telemetry.metric import Metric


class Progress(Collector):
    """Lag by topic; lag and progress of at most `MAX_PARTITION_SERIES` partitions."""

    def __init__(self, topics: Iterable[str]) -> None:
        self._topics = tuple(topics)
        self._unread: Mapping[TopicPartition, int] = {}
        self._next_offsets: Mapping[TopicPartition, int] = {}

    def set(
        self, unread: Mapping[TopicPartition, int], next_offsets: Mapping[TopicPartition, int]
    ) -> None:
        """Replaces all: a partition that is gone is no series any more."""
        self._unread = unread
        self._next_offsets = next_offsets

    def total(self) -> int:
        """All unread of all partitions together."""
        return sum(self._unread.values())

    def collect(self) -> Iterable[Family]:
        """All three families."""
        unread, next_offsets = self._unread, self._next_offsets
        by_topic = _gauge(UNREAD)
        for topic in self._topics:
            total = sum(count for (name, _), count in unread.items() if name == topic)
            by_topic.add_metric([topic], total)
        lag, progress = _gauge(PARTITION_UNREAD), _gauge(PARTITION_OFFSET)
        furthest = nlargest(MAX_PARTITION_SERIES, unread.items(), key=lambda item: item[1])
        for (topic, partition), count in sorted(furthest):
            lag.add_metric([topic, str(partition)], count)
            if (topic, partition) in next_offsets:
                progress.add_metric([topic, str(partition)], next_offsets[(topic, partition)])
        return [by_topic, lag, progress]


class Watched(Collector):
    """Two numbers that others keep. Until they are told of, both are 0."""

    def __init__(self) -> None:
        self.loop_age_s: Callable[[], float] | None = None
        self.uncertain: Callable[[], int] | None = None

    def collect(self) -> Iterable[Family]:
        """Both families."""
        age_s, uncertain = self.loop_age_s, self.uncertain
        beat = time.time() - age_s() if age_s else 0.0
        return [
            _one(GaugeMetricFamily, LAST_LOOP, beat),
            _one(CounterMetricFamily, UNCERTAIN, uncertain() if uncertain else 0),
        ]


def _gauge(metric: Metric) -> GaugeMetricFamily:
    return GaugeMetricFamily(metric.full_name, metric.help, labels=metric.label_names)


def _one(
    family: type[GaugeMetricFamily] | type[CounterMetricFamily], metric: Metric, value: float
) -> Family:
    return family(metric.full_name, metric.help, value=value, unit=metric.unit)
