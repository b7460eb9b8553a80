"""`python -m tests.ops.router_process ROUTER.yaml STALL_FILE`: the service; its model can hang."""

import sys
from functools import partial
from pathlib import Path

from consumer.app import STARTER_BUNDLE
from consumer.running import RunningRouter
from consumer.settings.reading import load_settings
from consumer.telemetry.logs import start_logging
from tests.ops.stalling_model import open_stalling


def main(config: Path, stall: Path) -> int:
    """Runs until a signal or a fault; the exit code."""
    settings = load_settings(config)
    start_logging("json", "info")
    with RunningRouter(settings, partial(open_stalling, STARTER_BUNDLE, stall)) as router:
        return router.serve()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
