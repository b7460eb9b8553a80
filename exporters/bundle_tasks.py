"""The heads as the manifest describes them. Types and rules are the service's."""

from collections.abc import Mapping

from consumer.inference.manifest import Task, Tasks, Thresholds
from exporters.labels import LABELS, OUTPUTS, Head

GRAPH = "encoder"


def tasks_of(
    temperatures: Mapping[Head, float] | None = None,
    thresholds: Mapping[Head, Thresholds] | None = None,
    *,
    labels: Mapping[Head, tuple[str, ...]] = LABELS,
    graphs: Mapping[Head, str] | None = None,
) -> Tasks:
    """All five heads, by default of the one graph; uncalibrated where nothing is given."""
    made = {
        head: Task(
            graph=(graphs or {}).get(head, GRAPH),
            output=OUTPUTS[head],
            labels=names,
            temperature=(temperatures or {}).get(head, 1.0),
            thresholds=(thresholds or {}).get(head),
        )
        for head, names in labels.items()
    }
    return Tasks(**made)
