"""What a metric is: name, kind, unit, help, labels with all their values, buckets. Lists none."""

from dataclasses import dataclass, field
from typing import Literal

NAMESPACE = "chat_router"
OTHER = "other"
"""Label value of what a newer ruleset, bundle or channel may bring, until it is known."""

Kind = Literal["counter", "gauge", "histogram", "info"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    `labels` maps each closed label to all the values it can take; `bounded` maps each other label
    to what bounds its values. Neither ever holds an id, a text or a raw error.
    """

    name: str
    kind: Kind
    help: str
    unit: str = ""
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    bounded: dict[str, str] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()

    @property
    def full_name(self) -> str:
        """'chat_router_restore_duration_seconds'; a counter's samples add `_total`."""
        return "_".join(part for part in (NAMESPACE, self.name, self.unit) if part)

    @property
    def samples(self) -> tuple[str, ...]:
        """The names that queries use."""
        name = self.full_name
        match self.kind:
            case "counter":
                return (f"{name}_total",)
            case "histogram":
                return (f"{name}_bucket", f"{name}_count", f"{name}_sum")
            case "info":
                return (f"{name}_info",)
            case "gauge":
                return (name,)

    @property
    def label_names(self) -> tuple[str, ...]:
        """Closed labels first."""
        return (*self.labels, *self.bounded)
