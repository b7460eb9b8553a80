"""Runs one broker process and ends it with its owner, even when the owner is killed.

A process of its own, started by file name with the standard library only. It reads orders, one
byte each, from a pipe that only its owner holds: the pipe's end means that the owner is gone.
It restarts nothing and decides nothing.

Usage: supervisor.py JSON, with {"owner": process id, "log": file, "commands": [[word, ...], ...],
"grace_s": seconds between asking and killing, "remove": folder to delete when the owner is gone}.
The commands run one after another; the first that fails ends the run.
"""

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TERMINATE, KILL = b"T", b"K"
_SIGNALS = {TERMINATE: signal.SIGTERM, KILL: signal.SIGKILL}
_OWNER_CHECK_S = 1.0
_ORDERS = 0  # file descriptor of the pipe
_ABANDONED = 70  # exit status: the owner was gone before the commands ended
_FAILED = 1  # a command failed; its log says why
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Job:
    """What the owner asks for."""

    owner: int
    log: str
    commands: list[list[str]]
    grace_s: float
    remove: str | None = None


def main() -> int:
    """Runs the job given as the only argument."""
    job = Job(**json.loads(sys.argv[1]))
    wake = _wake_on_signals()
    with Path(job.log).open("ab") as log:
        for command in job.commands:
            child = subprocess.Popen(  # noqa: S603 - the owner's own command
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_supervisor,  # safe: this process has one thread
            )
            if not _watch(child, job.owner, wake):
                return _abandon(child, job)
            if child.returncode != 0:
                return _FAILED
    return 0


def _watch(child: "subprocess.Popen[bytes]", owner: int, wake: int) -> bool:
    """Carries out orders until the child ends; false when the owner is gone first."""
    while child.poll() is None:
        ready, _, _ = select.select([_ORDERS, wake], [], [], _OWNER_CHECK_S)
        if wake in ready and signal.SIGTERM in os.read(wake, 64):
            return False
        if _ORDERS in ready:
            order = os.read(_ORDERS, 1)
            if not order:
                return False
            child.send_signal(_SIGNALS[order])
        # A fork of the owner may hold the pipe open after the owner's death.
        if os.getppid() != owner:
            return False
    return True


def _abandon(child: "subprocess.Popen[bytes]", job: Job) -> int:
    """A folder that goes away needs no clean end; data that stays does."""
    if job.remove is None:
        child.terminate()
        try:
            child.wait(job.grace_s)
        except subprocess.TimeoutExpired:
            child.kill()
    else:
        child.kill()
    child.wait()
    if job.remove is not None:
        shutil.rmtree(job.remove, ignore_errors=True)
    return _ABANDONED


def _wake_on_signals() -> int:
    """A file descriptor that becomes readable, with the signal's number, at these signals."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    return readable


def _die_with_supervisor() -> None:
    """Linux also ends the child when this process itself is killed. Runs in the child."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
