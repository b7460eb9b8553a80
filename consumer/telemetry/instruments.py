"""Makes Prometheus instruments of catalogue entries, with all their children. Counts nothing."""

from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from consumer.telemetry.metric import OTHER, Metric

Labels = tuple[str, ...]


def counters(metric: Metric, registry: CollectorRegistry) -> dict[Labels, Counter]:
    """One counter for each combination of label values, present from the start."""
    parent = Counter(metric.full_name, metric.help, metric.label_names, registry=registry)
    return {values: parent.labels(*values) for values in combinations(metric)}


def counter(metric: Metric, registry: CollectorRegistry) -> Counter:
    """A counter without labels."""
    return Counter(metric.full_name, metric.help, registry=registry)


class OpenCounter:
    """A counter by one label whose values come as they come; beyond `most` they are `other`."""

    def __init__(self, metric: Metric, most: int, registry: CollectorRegistry) -> None:
        self._most = most
        self._parent = Counter(metric.full_name, metric.help, metric.label_names, registry=registry)
        self._children: dict[str, Counter] = {OTHER: self._parent.labels(OTHER)}

    def inc(self, value: str, count: int = 1) -> None:
        """Counts for this value, or for `other` where there are too many."""
        child = self._children.get(value)
        if child is None:
            if len(self._children) > self._most:
                child = self._children[OTHER]
            else:
                child = self._children[value] = self._parent.labels(value)
        child.inc(count)


def gauges(metric: Metric, registry: CollectorRegistry) -> dict[Labels, Gauge]:
    """One gauge for each combination of label values, present from the start."""
    parent = Gauge(metric.full_name, metric.help, metric.label_names, registry=registry)
    return {values: parent.labels(*values) for values in combinations(metric)}


def gauge(metric: Metric, registry: CollectorRegistry) -> Gauge:
    """A gauge without labels."""
    return Gauge(_bare_name(metric), metric.help, unit=metric.unit, registry=registry)


def histograms(metric: Metric, registry: CollectorRegistry) -> dict[Labels, Histogram]:
    """One histogram for each combination of label values, present from the start."""
    parent = Histogram(
        _bare_name(metric),
        metric.help,
        metric.label_names,
        unit=metric.unit,
        buckets=metric.buckets,
        registry=registry,
    )
    return {values: parent.labels(*values) for values in combinations(metric)}


def histogram(metric: Metric, registry: CollectorRegistry) -> Histogram:
    """A histogram without labels."""
    return Histogram(
        _bare_name(metric),
        metric.help,
        unit=metric.unit,
        buckets=metric.buckets,
        registry=registry,
    )


def combinations(metric: Metric) -> list[Labels]:
    """Every combination of closed label values; [()] for a metric without labels."""
    return list(product(*metric.labels.values()))


def _bare_name(metric: Metric) -> str:
    return metric.full_name.removesuffix(f"_{metric.unit}") if metric.unit else metric.full_name
