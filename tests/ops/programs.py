"""Finds the programs of Prometheus: on the PATH, or where `make prometheus` puts them."""

import os
import shutil
import sys
from pathlib import Path


def program(name: str) -> str:
    """Its path."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    found = shutil.which(name, path=places)
    assert found is not None, f"{name} is needed: run `make prometheus`"
    return found
