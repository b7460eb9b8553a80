"""The dashboards' file names and contents. Writes nothing."""

import json

from consumer.telemetry.dashboards.operations import OPERATIONS
from consumer.telemetry.dashboards.supervisors import SUPERVISORS

DASHBOARDS = (OPERATIONS, SUPERVISORS)


def files() -> dict[str, str]:
    """Each dashboard as a JSON file named by its uid."""
    return {
        f"{dashboard.uid}.json": json.dumps(dashboard.json(), indent=2, ensure_ascii=False) + "\n"
        for dashboard in DASHBOARDS
    }
