"""Downloads jars with all they depend on from Maven Central, in pure Python. Verifies no lock."""

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from consumer.broker.errors import INSTALL_HINT, BrokerError

if TYPE_CHECKING:
    from jgo.maven import Artifact, MavenContext

_HTTP_TIMEOUT_S = 30
_PARALLEL_DOWNLOADS = 4


def download_jars(coordinates: tuple[str, ...], folder: Path) -> None:
    """Puts every jar that the coordinates need at run time, flat, into the folder.

    Raises:
        BrokerError: the extra is not installed.
        OSError: the network failed.
        RuntimeError: an artifact does not exist or is damaged.
    """
    with tempfile.TemporaryDirectory(dir=folder) as repository:
        artifacts = _resolve(_maven(Path(repository)), coordinates)
        pool = ThreadPoolExecutor(_PARALLEL_DOWNLOADS)
        try:
            for jar in pool.map(lambda artifact: artifact.resolve(), artifacts):
                shutil.move(jar, folder / jar.name)
        finally:
            pool.shutdown(cancel_futures=True)  # Ctrl-C waits for the running ones only


def _maven(repository: Path) -> "MavenContext":
    """Only the resolver of jgo: its environments would fetch a second Java to sort the jars."""
    try:
        from jgo.config import GlobalSettings
        from jgo.constants import MAVEN_CENTRAL_URL
        from jgo.maven import MavenContext
    except ModuleNotFoundError as error:
        message = f"Kafka's jars are downloaded with the package jgo: {INSTALL_HINT}"
        raise BrokerError(message) from error
    # A company mirror from the user's jgo settings comes first; the lock file makes it safe.
    remotes = {**GlobalSettings.load().repositories, "central": MAVEN_CENTRAL_URL}
    return MavenContext(repo_cache=repository, remote_repos=remotes, timeout=_HTTP_TIMEOUT_S)


def _resolve(maven: "MavenContext", coordinates: tuple[str, ...]) -> "list[Artifact]":
    wanted = [maven.create_dependency(coordinate) for coordinate in coordinates]
    direct, transitive = maven.resolver.resolve(wanted)
    needed = [found for found in transitive if found.scope in ("compile", "runtime")]
    return [dependency.artifact for dependency in (*direct, *needed)]
