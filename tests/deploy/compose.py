"""Resolves the compose file with the real Docker Compose. Starts nothing."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
COMPOSE = Path(sys.executable).with_name("docker-compose")


@cache
def config(*profiles: str) -> Any:
    """The file with everything resolved; Compose refuses what it does not know."""
    if not COMPOSE.exists():
        raise FileNotFoundError(f"{COMPOSE} is not there: run `make tools`")
    chosen = [part for profile in profiles for part in ("--profile", profile)]
    command = [str(COMPOSE), "--file", str(FILE), *chosen, "config", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "level=warning" not in done.stderr, done.stderr
    return json.loads(done.stdout)
