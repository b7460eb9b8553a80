"""The heads as the manifest describes them. Types and rules are the service's."""

from collections.abc import Mapping

from consumer.inference.manifest import Task, Tasks, Thresholds
from exporters.labels import LABELS, OUTPUTS, Head

GRAPH = "encoder"


def tasks_of(
    temperatures: Mapping[Head, float] | None = None,
    thresholds: Mapping[Head, Thresholds] | None = None,
) -> Tasks:
    """All five heads of the one graph; uncalibrated where nothing is given."""
    made = {
        head: Task(
            graph=GRAPH,
            output=OUTPUTS[head],
            labels=LABELS[head],
            temperature=(temperatures or {}).get(head, 1.0),
            thresholds=(thresholds or {}).get(head),
        )
        for head in LABELS
    }
    return Tasks(**made)
