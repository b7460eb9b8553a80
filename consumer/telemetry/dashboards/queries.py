"""Queries that many panels ask. Knows no metric."""

from consumer.telemetry.dashboards.parts import Panel, Query, Unit

RATE_WINDOW = "[$__rate_interval]"


def rate(metric: str, by: str = "", more: str = "") -> str:
    """Events a second, summed over all but the labels `by`; `more` narrows the selector."""
    selector = f"{{S{', ' if more else ''}{more}}}"
    group = f" by ({by})" if by else ""
    return f"sum{group} (rate({metric}{selector}{RATE_WINDOW}))"


def quantiles(histogram: str) -> tuple[Query, ...]:
    """Median, p95 and p99 of a histogram."""
    buckets = rate(f"{histogram}_bucket", "le")
    return tuple(
        Query(f"histogram_quantile({at}, {buckets})", f"p{at * 100:.0f}")
        for at in (0.5, 0.95, 0.99)
    )


def quantile_panel(histogram: str, unit: Unit, title: str, about: str) -> Panel:
    """They alone."""
    return Panel(title, about, unit, quantiles(histogram))
