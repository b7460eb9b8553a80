"""`python -m consumer.telemetry.dashboards FOLDER` writes the dashboards for Grafana."""

import sys
from pathlib import Path

from consumer.telemetry.dashboards.files import files

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
