"""Starts, watches and ends service processes in tests."""

import dataclasses
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.fakes.kafka_cluster import KafkaCluster
from tests.service.process import LANDMARK_BYTES

DEADLINE_S = 60.0
PAUSE_S = 0.05


def wait_until(condition: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Polls a condition; fails naming what did not come true."""
    deadline = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < deadline, f"not in {deadline_s:.0f} s: {what}"
        time.sleep(PAUSE_S)


class RunningService:
    """One service process with its settings file, ledger and log in a folder."""

    def __init__(
        self, cluster: KafkaCluster, folder: Path, instance: str = "0", **settings: Any
    ) -> None:
        self.folder = folder / f"instance-{instance}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.landmark_file = self.folder / "landmark"
        self.log = self.folder / "log"
        self._settings = self.folder / "settings.json"
        kafka = dataclasses.asdict(cluster.settings(instance)) | settings.pop("kafka", {})
        self._raw = {
            "kafka": kafka,
            "ledger": str(self.folder / "ledger"),
            "landmark": str(self.landmark_file),
            **settings,
        }
        self.instance = instance
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        self._settings.write_text(json.dumps(self._raw))
        # What a process that died before its first landmark left would be the one before's.
        self.landmark_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.service.process", str(self._settings)],
                stdout=log,
                stderr=log,
            )

    def restart(self, **settings: Any) -> None:
        """Starts again, with changed settings."""
        self.kill()
        self._raw |= settings
        self.process = self._start()

    @property
    def landmark(self) -> str:
        """The last landmark that the loop has passed."""
        if not self.landmark_file.exists():
            return ""
        return self.landmark_file.read_bytes()[:LANDMARK_BYTES].rstrip(b"\0").decode()

    def arm(self, point: str) -> None:
        """The process kills itself when it passes this landmark next; empty disarms it."""
        with self.landmark_file.open("r+b") as page:
            page.seek(LANDMARK_BYTES)
            page.write(point.encode().ljust(LANDMARK_BYTES, b"\0"))

    @property
    def stopped(self) -> bool:
        """Whether a SIGSTOP holds it."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "T"

    def freeze(self) -> None:
        """SIGSTOP."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.process.poll() is None

    def wait_begun(self) -> None:
        """Until the group has called it, be it for nothing."""
        wait_until(lambda: self.landmark != "", "beginning")

    def wait_joined(self) -> None:
        """Until the group has told it what is its own."""
        wait_until(lambda: self.landmark not in ("", "in_on_assign"), "joining")

    def stop(self, deadline_s: float = DEADLINE_S) -> int:
        """SIGTERM, and its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(deadline_s)

    def kill(self) -> None:
        """SIGKILL."""
        if self.running:
            self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.kill()
