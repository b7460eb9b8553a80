"""The supervisor, on small programs instead of brokers."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from consumer.broker import supervisor

DEADLINE_S = 30
WAIT_FOR_A_SIGNAL = "import signal; print('up', flush=True); signal.pause()"
IGNORE_THE_POLITE_ONE = f"import signal; signal.signal(15, signal.SIG_IGN); {WAIT_FOR_A_SIGNAL}"
END_POLITELY = (
    "import signal; signal.signal(15, lambda *_: (print('bye', flush=True), exit(0)));"
    f"{WAIT_FOR_A_SIGNAL}"
)


class Supervised:
    """A supervisor whose owner is this test."""

    def __init__(self, folder: Path, *programs: str, remove: Path | None = None) -> None:
        self.log = folder / "log"
        self.log.touch()
        job = supervisor.Job(
            owner=os.getpid(),
            log=str(self.log),
            commands=[[sys.executable, "-c", program] for program in programs],
            grace_s=0.2,
            remove=None if remove is None else str(remove),
        )
        arguments = [sys.executable, "-I", "-S", supervisor.__file__, json.dumps(asdict(job))]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE)

    def child(self) -> psutil.Process:
        """The program, once it said that it is up."""
        while b"up" not in self.log.read_bytes():
            assert self.process.poll() is None
        (child,) = psutil.Process(self.process.pid).children()
        return child

    def order(self, order: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(order)
        self.process.stdin.flush()

    def let_go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def ended(self) -> int:
        return self.process.wait(DEADLINE_S)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Supervised]]:
    """Whatever a test puts here is ended after it."""
    all_started: list[Supervised] = []
    yield all_started
    for each in all_started:
        each.let_go()
        each.ended()


@pytest.mark.parametrize("program", [WAIT_FOR_A_SIGNAL, IGNORE_THE_POLITE_ONE])
def test_the_child_ends_when_the_owner_lets_go(
    tmp_path: Path, started: list[Supervised], program: str
) -> None:
    started.append(Supervised(tmp_path, program))
    child = started[0].child()
    started[0].let_go()
    started[0].ended()
    assert not child.is_running()


def test_kept_data_gives_the_child_a_clean_end(tmp_path: Path, started: list[Supervised]) -> None:
    started.append(Supervised(tmp_path, END_POLITELY))
    started[0].child()
    started[0].let_go()
    started[0].ended()
    assert started[0].log.read_text().split() == ["up", "bye"]


def test_a_temporary_folder_goes_away_with_the_owner(
    tmp_path: Path, started: list[Supervised]
) -> None:
    folder = tmp_path / "temporary"
    (folder / "deep").mkdir(parents=True)
    started.append(Supervised(tmp_path, WAIT_FOR_A_SIGNAL, remove=folder))
    child = started[0].child()
    started[0].let_go()
    started[0].ended()
    assert not child.is_running()
    assert not folder.exists()


def test_the_folder_stays_when_the_child_ends_by_order(
    tmp_path: Path, started: list[Supervised]
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    started.append(Supervised(tmp_path, IGNORE_THE_POLITE_ONE, remove=folder))
    started[0].child()
    started[0].order(supervisor.TERMINATE)
    started[0].order(supervisor.KILL)
    assert started[0].ended() != 0
    assert folder.exists()


def test_commands_run_in_order_until_one_fails(tmp_path: Path, started: list[Supervised]) -> None:
    programs = ("print('first')", "print('second'); exit(3)", "print('third')")
    started.append(Supervised(tmp_path, *programs))
    assert started[0].ended() != 0
    assert started[0].log.read_text().split() == ["first", "second"]


def test_a_terminated_supervisor_takes_its_child_along(
    tmp_path: Path, started: list[Supervised]
) -> None:
    started.append(Supervised(tmp_path, WAIT_FOR_A_SIGNAL))
    child = started[0].child()
    started[0].process.send_signal(signal.SIGTERM)
    started[0].ended()
    assert not child.is_running()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_killed_supervisor_takes_its_child_along(
    tmp_path: Path, started: list[Supervised]
) -> None:
    started.append(Supervised(tmp_path, WAIT_FOR_A_SIGNAL))
    child = started[0].child()
    started[0].process.kill()
    started[0].ended()
    assert psutil.wait_procs([child], timeout=DEADLINE_S)[1] == []
