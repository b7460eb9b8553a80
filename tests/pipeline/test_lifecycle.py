"""How the service ends: real signals to a real process, the watchdog, and exit codes."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from consumer.exit_codes import ExitCode
from consumer.pipeline.heart import Heart
from consumer.ports import pass_by
from tests.fakes.manual_clock import ManualClock
from tests.pipeline.child_program import EXIT_CODE

DEADLINE_S = 30.0
WATCHDOG_EXIT = 1


@contextmanager
def program(mode: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.pipeline.child_program", mode]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def said(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_loop_in_order(number: signal.Signals) -> None:
    with program("drain") as child:
        assert said(child) == "running"
        child.send_signal(number)
        assert [said(child), said(child)] == ["drained", "ended"]
        assert child.wait(DEADLINE_S) == ExitCode.OK


def test_a_second_signal_leaves_at_once() -> None:
    with program("hang") as child:
        assert said(child) == "running"
        child.send_signal(signal.SIGTERM)
        assert said(child) == "draining"
        child.send_signal(signal.SIGTERM)
        assert child.wait(DEADLINE_S) == ExitCode.OK
        assert said(child) == ""


def test_a_loop_that_does_not_end_in_time_is_left() -> None:
    with program("late") as child:
        assert said(child) == "running"
        child.send_signal(signal.SIGTERM)
        assert said(child) == "draining"
        assert child.wait(DEADLINE_S) == ExitCode.OK
        assert said(child) == ""


@pytest.mark.parametrize(
    ("mode", "cause", "code"),
    [
        ("stopped", "StreamStopped", EXIT_CODE),
        ("fail", "ZeroDivisionError", ExitCode.INTERNAL),
    ],
)
def test_a_loop_that_fails_ends_the_process_with_its_exit_code(
    mode: str, cause: str, code: int
) -> None:
    with program(mode) as child:
        assert said(child) == f"ended by {cause}"
        assert child.wait(DEADLINE_S) == code


def test_the_watchdog_ends_a_hung_process_and_shows_where_it_hangs() -> None:
    with program("hung") as child:
        _, shown = child.communicate(timeout=DEADLINE_S)
        assert child.returncode == WATCHDOG_EXIT
        assert "hang_after_a_beat" in shown


def test_the_heart_tells_how_long_ago_the_loop_has_beaten() -> None:
    clock = ManualClock()
    heart = Heart(clock, 0.0)
    clock.advance(3.0)
    assert heart.age_s() == 3.0
    heart.beat()
    assert heart.age_s() == 0.0
    clock.advance(0.5)
    assert heart.age_s() == 0.5
    heart.stop()


def test_a_normal_run_passes_by_every_landmark() -> None:
    pass_by("before_commit")
