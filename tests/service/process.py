"""Runs the service in a process of its own, as `python -m tests.service.process SETTINGS.json`.

Beside the shipped service it has a model with markers, and landmarks: the last one passed stands
in a small shared file, and at a chosen one the process kills itself.
"""

import json
import mmap
import os
import signal
import sys
import threading
import traceback
from pathlib import Path

from consumer.app import ServiceSettings, build_service
from consumer.contract.topics import Topics
from consumer.kafka.client_settings import KafkaSettings
from consumer.pipeline.circuit import CircuitLimits
from consumer.pipeline.lane import LaneLimits
from consumer.pipeline.lifecycle import Lifecycle
from consumer.pipeline.loop import LoopSettings
from consumer.pipeline.workers import WorkerSettings
from consumer.routing.rules import DEFAULT_RULES, load_ruleset
from consumer.routing.rules_files import RuleSets
from tests.service.marked_model import open_marked_model

LANDMARK_BYTES = 64
PAGE_BYTES = 2 * LANDMARK_BYTES
# Shorter than a commit takes, so that the process dies while it waits for the answer.
INSIDE_COMMIT_S = 0.002
INSIDE_COMMIT = "before_commit_return"
# Before a point: the process stops there, as a zombie does, instead of dying.
STOP = "stop:"


class Landmarks:
    """Writes where the loop is, and kills the process at the point that is asked for.

    The point stands in the settings, or in the second half of the page, where a test may write it
    at any time.
    """

    def __init__(self, path: Path, crash_at: str, crash_on: int) -> None:
        path.write_bytes(b"\0" * PAGE_BYTES)
        with path.open("r+b") as file:
            self._page = mmap.mmap(file.fileno(), PAGE_BYTES)
        self._page[LANDMARK_BYTES:] = crash_at.encode().ljust(LANDMARK_BYTES, b"\0")
        self._left = crash_on

    def __call__(self, point: str) -> None:
        self._page[:LANDMARK_BYTES] = point.encode().ljust(LANDMARK_BYTES, b"\0")
        asked = self._page[LANDMARK_BYTES:].rstrip(b"\0").decode()
        if asked == INSIDE_COMMIT and point == "after_send_offsets":
            threading.Timer(INSIDE_COMMIT_S, os.kill, (os.getpid(), signal.SIGKILL)).start()
        if asked not in (point, STOP + point):
            return
        self._left -= 1
        if self._left <= 0:
            self._page[LANDMARK_BYTES:] = bytes(LANDMARK_BYTES)
            stop = asked.startswith(STOP)
            os.kill(os.getpid(), signal.SIGSTOP if stop else signal.SIGKILL)


def main(path: Path) -> int:
    """Runs until a signal or a fault; the exit code."""
    raw = json.loads(path.read_text())
    settings = ServiceSettings(
        deployment="test",
        kafka=KafkaSettings(**{**raw["kafka"], "topics": Topics(**raw["kafka"]["topics"])}),
        ledger=Path(raw["ledger"]),
        exactly_once=raw.get("exactly_once", True),
        workers=WorkerSettings(**raw.get("workers", {})),
        loop=LoopSettings(**raw.get("loop", {})),
        lane=LaneLimits(circuit=CircuitLimits(**raw.get("circuit", {}))),
        watchdog_s=raw.get("watchdog_s", 30.0),
    )
    rules = Path(raw["rules"]) if "rules" in raw else DEFAULT_RULES
    landmarks = Landmarks(Path(raw["landmark"]), raw.get("crash_at", ""), raw.get("crash_on", 1))
    rule_sets = RuleSets(load_ruleset(rules))
    service = build_service(settings, open_marked_model, rule_sets, landmark=landmarks)
    lifecycle = Lifecycle(service.pipeline.run, settings.loop.drain_s + 5.0)
    code = lifecycle.serve()
    if lifecycle.failure is not None:
        traceback.print_exception(lifecycle.failure)
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
