"""`python -m consumer.telemetry PAGE` mends the table of metrics in a page."""

import sys
from pathlib import Path

from consumer.telemetry.reference import with_metrics_table

if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(with_metrics_table(page.read_text(encoding="utf-8")), encoding="utf-8")
