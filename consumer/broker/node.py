"""One broker of the cluster: its folder, its log and its process. Knows nothing of the others."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from consumer.broker import supervisor
from consumer.broker.java import Java
from consumer.broker.properties import LOG_DIR

_PROPERTIES = "server.properties"
_STARTED = b"Kafka Server started"
_PORT_TAKEN = b"Address already in use"
# Compiling with C1 only. Measured on two cores shared with a client: it starts 0.4 s sooner, uses
# 50 MB less, and costs 4.4 us of CPU a message after 0.4 million messages, where C2 still compiles
# and costs 7 us after 1.4 million.
_JVM_OPTIONS = ("-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_LOG_OPTIONS = (
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
    # These print every setting at every start.
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config.AbstractConfig=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaConfig=warn",
)
_STOP_GRACE_S = 20.0
_TAIL_BYTES = 64 * 1024


class Node:
    """A broker that can be started again and again in the same folder."""

    def __init__(self, number: int, folder: Path, java: Java, jars: Sequence[Path]) -> None:
        self.number = number
        self._folder = folder.resolve()
        self._java = java
        self._jars = jars
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._log_begin = 0
        self.log = self._folder / "broker.log"

    def prepare(self, properties: str) -> None:
        """Writes the settings and begins a fresh log. The stored messages stay."""
        shutil.rmtree(self._folder / "tmp", ignore_errors=True)  # what a killed JVM unpacked
        (self._folder / "tmp").mkdir(parents=True)
        (self._folder / _PROPERTIES).write_text(properties, "ascii")
        self.log.write_bytes(b"")

    def start(self, cluster_id: str, lock_fd: int, remove: Path | None) -> None:
        """Starts the process, formatting the folder first if it is new. Does not wait."""
        self._log_begin = self.log.stat().st_size
        job = supervisor.Job(
            owner=os.getpid(),
            log=str(self.log),
            commands=[*self._format(cluster_id), self._java_command("kafka.Kafka", _PROPERTIES)],
            grace_s=_STOP_GRACE_S,
            remove=None if remove is None else str(remove),
        )
        with self.log.open("ab") as log:
            self._supervisor = subprocess.Popen(  # noqa: S603 - our own file
                [sys.executable, "-I", "-S", supervisor.__file__, json.dumps(asdict(job))],
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(lock_fd,),  # the data folder stays locked while the broker lives
                start_new_session=True,  # Ctrl-C is the owner's to handle
            )

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._supervisor is not None and self._supervisor.poll() is None

    @property
    def said_started(self) -> bool:
        """Whether the log says so since the last start."""
        return _STARTED in self._log_since_start()

    @property
    def lost_its_port(self) -> bool:
        """Whether the last start failed because a port was in use."""
        return _PORT_TAKEN in self._log_since_start()

    def terminate(self) -> None:
        """Asks for a clean end and waits for it; kills at the deadline."""
        self._order(supervisor.TERMINATE)
        try:
            self._wait(_STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Ends the process at once, as a crash would, and waits until it is gone."""
        self._order(supervisor.KILL)
        self._wait(None)

    def release(self) -> None:
        """Lets go of the process: the supervisor ends it as it would if this process died."""
        if self._supervisor is not None and self._supervisor.stdin is not None:
            self._supervisor.stdin.close()

    def wait_released(self) -> None:
        """Waits for what `release` began; the supervisor bounds it."""
        self._wait(None)

    def log_tail(self, lines: int) -> str:
        """The last lines of the log."""
        if not self.log.exists():
            return ""
        text = self.log.read_bytes()[-_TAIL_BYTES:].decode("utf-8", "replace")
        return "\n".join(text.splitlines()[-lines:])

    def _order(self, order: bytes) -> None:
        if self.running and self._supervisor is not None and self._supervisor.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # it has just ended by itself
                self._supervisor.stdin.write(order)
                self._supervisor.stdin.flush()

    def _wait(self, timeout_s: float | None) -> None:
        if self._supervisor is not None:
            self._supervisor.wait(timeout_s)
            self.release()

    def _log_since_start(self) -> bytes:
        with self.log.open("rb") as log:
            log.seek(self._log_begin)
            return log.read()

    def _format(self, cluster_id: str) -> list[list[str]]:
        if (self._folder / LOG_DIR / "meta.properties").exists():
            return []
        tool = "kafka.tools.StorageTool"
        return [self._java_command(tool, "format", "-t", cluster_id, "-c", _PROPERTIES)]

    def _java_command(self, main_class: str, *arguments: str) -> list[str]:
        options = (*_JVM_OPTIONS, *_LOG_OPTIONS, f"-Djava.io.tmpdir={self._folder / 'tmp'}")
        class_path = os.pathsep.join(str(jar) for jar in self._jars)
        return [str(self._java.path), *options, "-cp", class_path, main_class, *arguments]
