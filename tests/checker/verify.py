"""The checker's front door: waits for the service to catch up, reads everything, judges it."""

import time
from dataclasses import replace
from pathlib import Path

from tests.checker.check import Report, check
from tests.checker.history import TopicNames
from tests.checker.progress import CATCH_UP_S
from tests.checker.reading import Reader
from tests.checker.watching import Watch

PAUSE_S = 0.1
MS = 1_000


def wait_caught_up(reader: Reader, since: float | None = None) -> float:
    """Seconds from `since` (monotonic; else now) until nothing is unread; gives up late."""
    began = time.monotonic() if since is None else since
    while reader.lag() > 0 and time.monotonic() - began <= CATCH_UP_S:
        time.sleep(PAUSE_S)
    return time.monotonic() - began


def verify(
    bootstrap: str,
    names: TopicNames,
    group: str,
    rules: Path,
    source: str,
    watch: Watch | None = None,
    caught_up_s: float | None = None,
) -> Report:
    """Reads all topics and checks every invariant."""
    reader = Reader(bootstrap, names, group)
    try:
        reader.wait_stable()
        history = reader.history()
    finally:
        reader.close()
    if watch is not None:
        samples = tuple(watch.samples)
        history = replace(history, live=watch.live, samples=samples)
    history = replace(history, caught_up_s=caught_up_s)
    return check(history, rules, source, int(time.time() * MS))
