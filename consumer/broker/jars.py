"""Keeps Kafka's jars in the user's cache folder, each checked against the lock file at every start.

Touches no network when the folder is complete. Does not know how jars are found (see maven.py).
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from consumer.broker.errors import BrokerError

LOCK_FILE = Path(__file__).with_name("jars.lock.json")
RENEW_COMMAND = "python -m consumer.broker.lock"


class Download(Protocol):
    """Fetches jars."""

    def __call__(self, coordinates: tuple[str, ...], folder: Path) -> None:
        """Puts every jar that the Maven coordinates need, flat, into the folder.

        Raises:
            OSError: the network failed.
            RuntimeError: a jar does not exist or is damaged.
        """


@dataclass(frozen=True, slots=True)
class JarLock:
    """Which jars make up the broker: Maven coordinates, and sha256 by file name."""

    coordinates: tuple[str, ...]
    sha256: dict[str, str]

    @property
    def kafka_version(self) -> str:
        """The version of the first coordinate, which is Kafka itself."""
        return self.coordinates[0].rsplit(":", 1)[1]

    @classmethod
    def read(cls, path: Path = LOCK_FILE) -> "JarLock":
        """The committed lock, or another one."""
        content = json.loads(path.read_text("utf-8"))
        return cls(tuple(content["coordinates"]), dict(content["sha256"]))

    def write(self, path: Path = LOCK_FILE) -> None:
        """Sorted, so that a renewal shows as a small difference."""
        content = {"coordinates": list(self.coordinates), "sha256": self.sha256}
        path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", "utf-8")


def jar_folder(lock: JarLock) -> Path:
    """Where the jars of this lock are kept between starts."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "chat-router" / f"kafka-{lock.kafka_version}"


def ensure_jars(
    lock: JarLock,
    folder: Path,
    download: Download,
    announce: Callable[[str], None] = lambda _: None,
) -> tuple[Path, ...]:
    """The verified jars, downloaded first where they are missing.

    Raises:
        BrokerError: a jar is not the one in the lock, or the download failed.
    """
    if _missing(lock, folder):
        with _one_at_a_time(folder):
            if _missing(lock, folder):
                announce(f"downloading Apache Kafka {lock.kafka_version} to {folder}, once")
                _fill(lock, folder, download)
    _verify(lock, folder, f"delete the folder {folder} and start again")
    return tuple(folder / name for name in sorted(lock.sha256))


def hash_jars(folder: Path) -> dict[str, str]:
    """Sha256 by file name of every jar in the folder."""
    return {
        jar.name: hashlib.sha256(jar.read_bytes()).hexdigest()
        for jar in sorted(folder.glob("*.jar"))
    }


def _missing(lock: JarLock, folder: Path) -> bool:
    return any(not (folder / name).is_file() for name in lock.sha256)


def _verify(lock: JarLock, folder: Path, remedy: str) -> None:
    found = hash_jars(folder)
    for name in sorted(found.keys() | lock.sha256.keys()):
        fault = _fault(found.get(name), lock.sha256.get(name))
        if fault:
            message = f"jar {name} in {folder} {fault}: {remedy}"
            raise BrokerError(message)


def _fault(found: str | None, locked: str | None) -> str | None:
    if found == locked:
        return None
    if found is None:
        return "is missing"
    if locked is None:
        return "is not in the lock file"
    return "is not the one in the lock file (its sha256 differs)"


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Parallel first starts wait for one download. The kernel frees a killed holder's lock."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _fill(lock: JarLock, folder: Path, download: Download) -> None:
    """Downloads beside the folder, verifies there, and only then moves jars in, atomically."""
    staged = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(staged, ignore_errors=True)  # of a download that was killed
    staged.mkdir()
    try:
        _download(lock, staged, download)
        _verify(lock, staged, f"the download is refused; `{RENEW_COMMAND}` renews the lock file")
        if not folder.exists():
            staged.rename(folder)
            return
        for name in lock.sha256:
            if not (folder / name).exists():
                (staged / name).rename(folder / name)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _download(lock: JarLock, staged: Path, download: Download) -> None:
    try:
        download(lock.coordinates, staged)
    except (OSError, RuntimeError) as error:
        message = (
            f"Apache Kafka's jars could not be downloaded ({type(error).__name__}: {error}). "
            "The first start needs a network; later ones do not."
        )
        raise BrokerError(message) from error
