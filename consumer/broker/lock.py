"""Renews the lock file of Kafka's jars: `python -m consumer.broker.lock [--kafka VERSION]`.

Downloads the jars afresh and writes their hashes. Does not touch the cache folder.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from consumer.broker.jars import LOCK_FILE, Download, JarLock, hash_jars
from consumer.broker.maven import download_jars


def renew(lock: JarLock, kafka_version: str | None, download: Download) -> JarLock:
    """The same coordinates, with another Kafka version if one is given, hashed afresh."""
    coordinates = lock.coordinates
    if kafka_version is not None:
        artifact = coordinates[0].rsplit(":", 1)[0]
        coordinates = (f"{artifact}:{kafka_version}", *coordinates[1:])
    with tempfile.TemporaryDirectory() as folder:
        download(coordinates, Path(folder))
        return replace(lock, coordinates=coordinates, sha256=hash_jars(Path(folder)))


def differences(old: JarLock, new: JarLock) -> list[str]:
    """One line for each jar that came, went or changed."""
    names = sorted(old.sha256.keys() | new.sha256.keys())
    return [
        f"{_sign(old, new, name)} {name}"
        for name in names
        if old.sha256.get(name) != new.sha256.get(name)
    ]


def _sign(old: JarLock, new: JarLock, name: str) -> str:
    if name not in old.sha256:
        return "+"
    return "!" if name in new.sha256 else "-"


def main() -> None:
    """Rewrites the lock file and prints what changed (`!`: same name, other content)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kafka", metavar="VERSION", help="another Kafka version to lock")
    arguments = parser.parse_args()
    old = JarLock.read()
    new = renew(old, arguments.kafka, download_jars)
    new.write()
    lines = [*differences(old, new), f"{len(new.sha256)} jars locked in {LOCK_FILE}"]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
