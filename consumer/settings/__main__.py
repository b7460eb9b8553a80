"""`python -m consumer.settings` prints the reference page of all settings."""

import sys

from consumer.settings.reference import configuration_page

if __name__ == "__main__":
    sys.stdout.write(configuration_page())
