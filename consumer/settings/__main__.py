"""`python -m consumer.settings` prints the reference page; given a README, mends its table."""

import sys
from pathlib import Path

from consumer.settings.reference import configuration_page, with_readme_table

if __name__ == "__main__":
    if len(sys.argv) > 1:
        readme = Path(sys.argv[1])
        readme.write_text(with_readme_table(readme.read_text()))
    else:
        sys.stdout.write(configuration_page())
