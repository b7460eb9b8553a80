"""Makes Prometheus instruments of catalogue entries, with all their children. Counts nothing."""

from collections.abc import Sequence
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from consumer.telemetry.catalogue import Metric

Labels = tuple[str, ...]


def counters(metric: Metric, registry: CollectorRegistry) -> dict[Labels, Counter]:
    """One counter for each combination of label values, present from the start."""
    parent = Counter(metric.full_name, metric.help, _names(metric), registry=registry)
    return {values: parent.labels(*values) for values in combinations(metric)}


def counter(metric: Metric, registry: CollectorRegistry) -> Counter:
    """A counter without labels."""
    return Counter(metric.full_name, metric.help, registry=registry)


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
    """Every combination of label values; [()] for a metric without labels."""
    return list(product(*metric.labels.values()))


def _names(metric: Metric) -> Sequence[str]:
    return tuple(metric.labels)


def _bare_name(metric: Metric) -> str:
    return metric.full_name.removesuffix(f"_{metric.unit}") if metric.unit else metric.full_name
