"""Makes Prometheus instruments of catalogue entries, with all their children. Counts nothing."""

from collections.abc import Sequence
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from consumer.telemetry.catalogue import MAX_OPEN_VALUES, OTHER, Metric

Labels = tuple[str, ...]


def counters(metric: Metric, registry: CollectorRegistry) -> dict[Labels, Counter]:
    """One counter for each combination of label values, present from the start."""
    parent = Counter(metric.full_name, metric.help, _names(metric), registry=registry)
    return {values: parent.labels(*values) for values in combinations(metric)}


def counter(metric: Metric, registry: CollectorRegistry) -> Counter:
    """A counter without labels."""
    return Counter(metric.full_name, metric.help, registry=registry)


class OpenCounter:
    """A counter by a label whose values come as they come; their number is bounded."""

    def __init__(self, metric: Metric, registry: CollectorRegistry) -> None:
        label = (metric.open_label,)
        self._parent = Counter(metric.full_name, metric.help, label, registry=registry)
        self._children: dict[str, Counter] = {OTHER: self._parent.labels(OTHER)}

    def inc(self, value: str, count: int = 1) -> None:
        """Counts for this value, or for `other` where there are too many."""
        child = self._children.get(value)
        if child is None:
            if len(self._children) > MAX_OPEN_VALUES:
                child = self._children[OTHER]
            else:
                child = self._children[value] = self._parent.labels(value)
        child.inc(count)


def gauge(metric: Metric, registry: CollectorRegistry) -> Gauge:
    """A gauge without labels."""
    return Gauge(_bare_name(metric), metric.help, unit=metric.unit, registry=registry)


def histogram(metric: Metric, registry: CollectorRegistry) -> Histogram:
    """A histogram; one with labels must have exactly one combination of them."""
    parent = Histogram(
        _bare_name(metric),
        metric.help,
        _names(metric),
        unit=metric.unit,
        buckets=metric.buckets,
        registry=registry,
    )
    (only,) = combinations(metric)
    return parent.labels(*only) if only else parent


def combinations(metric: Metric) -> list[Labels]:
    """Every combination of label values known from the start; [()] without labels."""
    return list(product(*metric.labels.values())) if not metric.open_label else [(OTHER,)]


def _names(metric: Metric) -> Sequence[str]:
    return tuple(metric.labels) or ((metric.open_label,) if metric.open_label else ())


def _bare_name(metric: Metric) -> str:
    return metric.full_name.removesuffix(f"_{metric.unit}") if metric.unit else metric.full_name
