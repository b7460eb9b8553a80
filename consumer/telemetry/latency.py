"""The latency histogram: counts a whole transaction's messages at a fraction of a microsecond each.

The library's histogram takes a lock for every observation; here one thread counts and another
reads, and a scrape that falls between two additions sees the first and not the second.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from consumer.records import FeedbackTurn, Outcome, Rejected, Turn, Understood
from consumer.telemetry.metric import Metric

_MS_PER_S = 1_000


class LatencyHistogram(Collector):
    """Counted on the kafka thread only, collected on any."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric
        self._edges_ms = [edge * _MS_PER_S for edge in metric.buckets]
        self._counts = [0] * (len(self._edges_ms) + 1)
        self._sum_ms = 0

    def observe(self, outcomes: Sequence[Outcome], now_ms: int) -> None:
        """The age of every outcome's record. Records without a timestamp have none."""
        counts, edges, total = self._counts, self._edges_ms, 0
        for outcome in outcomes:
            if isinstance(outcome, Understood):
                at_ms = outcome.turn.record.timestamp_ms
            else:
                at_ms = _record_time(outcome)
            if at_ms > 0:
                # A producer's clock may be ahead of ours; that is no negative waiting.
                age_ms = now_ms - at_ms if now_ms > at_ms else 0
                counts[bisect_left(edges, age_ms)] += 1
                total += age_ms
        self._sum_ms += total

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """The histogram as Prometheus wants it: cumulative, in seconds."""
        family = HistogramMetricFamily(
            self._metric.full_name, self._metric.help, unit=self._metric.unit
        )
        family.add_metric([], list(self._cumulative()), self._sum_ms / _MS_PER_S)
        yield family

    def _cumulative(self) -> Iterator[tuple[str, float]]:
        total = 0
        edges = [str(float(edge)) for edge in self._metric.buckets]
        for edge, count in zip([*edges, "+Inf"], list(self._counts), strict=True):
            total += count
            yield edge, total


def _record_time(outcome: Turn | FeedbackTurn | Rejected) -> int:
    return outcome.record.timestamp_ms
