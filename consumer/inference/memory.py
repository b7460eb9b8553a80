"""What to do when a run finds no memory: the ladder from a smaller batch to giving up.

Halve the batch; with one row left give the arena back; build the session anew; then it is a
fault of the environment. Knows the session only as `Runner`.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from consumer.inference.faults import EnvironmentFault

Feeds = dict[str, NDArray[Any]]
Outputs = list[NDArray[Any]]


class OutOfMemoryError(Exception):
    """One run did not get its memory."""


class Runner(Protocol):
    """A session that can run, run frugally, and be built anew."""

    def run_once(self, feeds: Feeds, *, shrink: bool) -> Outputs:
        """Runs; raises `OutOfMemoryError`. `shrink` frees the arena's unused memory afterwards."""
        ...

    def rebuild(self) -> None:
        """Drops the session with all its memory and makes a new one."""
        ...


def run_within_memory(runner: Runner, feeds: Feeds) -> Outputs:
    """Outputs of a batch, run in as small parts as memory asks for."""
    try:
        return runner.run_once(feeds, shrink=False)
    except OutOfMemoryError:
        pass
    rows = len(next(iter(feeds.values())))
    if rows > 1:
        half = rows // 2
        first = run_within_memory(runner, {name: value[:half] for name, value in feeds.items()})
        second = run_within_memory(runner, {name: value[half:] for name, value in feeds.items()})
        return [np.concatenate(pair) for pair in zip(first, second, strict=True)]
    return _last_resorts(runner, feeds)


def _last_resorts(runner: Runner, feeds: Feeds) -> Outputs:
    try:
        return runner.run_once(feeds, shrink=True)
    except OutOfMemoryError:
        runner.rebuild()
    try:
        return runner.run_once(feeds, shrink=True)
    except OutOfMemoryError as error:
        detail = "no memory for one text, even in a new session"
        raise EnvironmentFault(detail) from error
