"""Some fields of each JSON line as columns; of fields with a comma between them the first there is.

chat-router route --events < lines | python docs/tour/show.py type action,state anger.score
"""

import json
import sys
from typing import Any

WIDTH = 20


def field(event: Any, path: str) -> Any:
    """The value under a dotted path, None where there is none."""
    for name in path.split("."):
        event = event.get(name) if isinstance(event, dict) else None
    return event


def shown(event: Any, paths: str) -> str:
    """The first field that is there."""
    found = [field(event, path) for path in paths.split(",")]
    value = next((one for one in found if one is not None), "-")
    return f"{value:.2f}" if isinstance(value, float) else str(value)


for line in sys.stdin:
    envelope = json.loads(line)
    # Structured events hold what happened under `data`; a bare decision is that itself.
    flat = {**envelope, **envelope.get("data", {})}
    cells = [shown(flat, paths).ljust(WIDTH) for paths in sys.argv[1:]]
    sys.stdout.write(" ".join(cells).rstrip() + "\n")
