"""Renders the table of all metrics from the catalogue. Holds no text of a metric."""

from consumer.telemetry.catalogue import CATALOGUE
from consumer.telemetry.metric import Metric

_BEGIN, _END = "<!-- metrics -->", "<!-- /metrics -->"
_HEADER = "| metric | kind | labels | meaning |\n|---|---|---|---|"


def with_metrics_table(page: str) -> str:
    """The page with the table between its marks made anew."""
    before, _, rest = page.partition(f"{_BEGIN}\n")
    _, _, after = rest.partition(_END)
    rows = "\n".join([_HEADER, *map(_row, CATALOGUE)])
    return f"{before}{_BEGIN}\n{rows}\n{_END}{after}"


def _row(metric: Metric) -> str:
    name = metric.full_name if metric.kind == "histogram" else metric.samples[0]
    labels = [f"`{label}`: {_values(values)}" for label, values in metric.labels.items()]
    labels += [f"`{label}`: {bound}" for label, bound in metric.bounded.items()]
    return f"| `{name}` | {metric.kind} | {'; '.join(labels)} | {metric.help} |"


def _values(values: tuple[str, ...]) -> str:
    return ", ".join(f"`{value}`" for value in values)
