"""The data folder of the cluster: temporary or kept, locked against a second owner.

Holds the cluster's id and size. Does not look into what Kafka stores in it.
"""

import base64
import fcntl
import json
import os
import shutil
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

from consumer.broker.errors import BrokerError

_IDENTITY = "cluster.json"
_LOCK = ".lock"
_UUID_TEXT_CHARACTERS = 22  # base64 of 16 bytes without its padding, as Kafka writes ids


@dataclass(frozen=True, slots=True)
class DataFolder:
    """An open data folder; the lock is held until `close`."""

    path: Path
    temporary: bool
    cluster_id: str
    lock_fd: int

    def node(self, number: int) -> Path:
        """The folder of one broker."""
        return self.path / f"node-{number}"

    def close(self) -> None:
        """Frees the lock; a temporary folder goes away."""
        if self.temporary:
            shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock_fd)


def open_data_folder(kept: Path | None, brokers: int) -> DataFolder:
    """Opens the folder to keep, or a temporary one.

    Raises:
        BrokerError: it is in use, holds something else, or another number of brokers.
    """
    if kept is None:
        path = Path(tempfile.mkdtemp(prefix="chat-router-kafka-")).resolve()
    else:
        path = kept.expanduser().resolve()
        _refuse_foreign(path)
        path.mkdir(parents=True, exist_ok=True)
    lock_fd = _lock(path)
    try:
        return DataFolder(path, kept is None, _identity(path, brokers), lock_fd)
    except BaseException:
        os.close(lock_fd)
        raise


def _refuse_foreign(path: Path) -> None:
    """Never writes among files that are not ours."""
    if path.is_dir():
        foreign = any(path.iterdir()) and not (path / _LOCK).exists()
    else:
        foreign = path.exists()
    if foreign:
        message = f"{path} holds something else than the data of an embedded broker"
        raise BrokerError(message)


def _lock(path: Path) -> int:
    descriptor = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        message = f"the data folder {path} is in use by another embedded broker"
        raise BrokerError(message) from error
    return descriptor


def _identity(path: Path, brokers: int) -> str:
    """The cluster's id, made at the first start and read at the later ones."""
    file = path / _IDENTITY
    if not file.exists():
        cluster_id = _new_cluster_id()
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps({"cluster_id": cluster_id, "brokers": brokers}), "ascii")
        draft.replace(file)
        return cluster_id
    content = json.loads(file.read_text("ascii"))
    if content["brokers"] != brokers:
        message = (
            f"the data folder {path} holds a cluster of {content['brokers']} broker(s), "
            f"not {brokers}: ask for that number or use another folder"
        )
        raise BrokerError(message)
    return str(content["cluster_id"])


def _new_cluster_id() -> str:
    """Begins with no dash: the format tool would take it for an option."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes)[:_UUID_TEXT_CHARACTERS].decode("ascii")
        if not text.startswith("-"):
            return text
