"""Queries that many panels ask. Knows no metric."""

from consumer.telemetry.dashboards.parts import Panel, Query, Unit

RATE_WINDOW = "[$__rate_interval]"


def rate(metric: str, by: str = "", more: str = "") -> str:
    """Events a second, summed over all but the labels `by`; `more` narrows the selector."""
    selector = f"{{S{', ' if more else ''}{more}}}"
    group = f" by ({by})" if by else ""
    return f"sum{group} (rate({metric}{selector}{RATE_WINDOW}))"


def quantiles(histogram: str, unit: Unit, title: str, about: str) -> Panel:
    """Median, p95 and p99 of a histogram."""
    buckets = rate(f"{histogram}_bucket", "le")
    lines = [
        Query(f"histogram_quantile({at}, {buckets})", f"p{at:.0%}") for at in (0.5, 0.95, 0.99)
    ]
    return Panel(title, about, unit, tuple(lines))
