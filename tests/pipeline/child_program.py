"""A small program around one part of the service, as `python -m tests.pipeline.child_program MODE`.

It says on standard output how far it is, so that a test need not guess.
"""

import sys
import threading
from collections.abc import Callable

from consumer.clock import SystemClock
from consumer.pipeline.heart import Heart
from consumer.pipeline.lifecycle import Lifecycle
from consumer.ports import StreamStopped

LONG_S = 60.0
SHORT_S = 0.05
EXIT_CODE = 75


def say(what: str) -> None:
    print(what, flush=True)


def drain(stop: threading.Event) -> None:
    say("running")
    stop.wait()
    say("drained")


def hang_while_draining(stop: threading.Event) -> None:
    say("running")
    stop.wait()
    say("draining")
    threading.Event().wait()


def stop_by_stream(_stop: threading.Event) -> None:
    raise StreamStopped("fenced", "give every instance its own identity", EXIT_CODE)


def fail(_stop: threading.Event) -> None:
    raise ZeroDivisionError


def serve(run: Callable[[threading.Event], None], deadline_s: float) -> int:
    lifecycle = Lifecycle(run, deadline_s)
    code = lifecycle.serve()
    failure = lifecycle.failure
    say("ended" if failure is None else f"ended by {type(failure).__name__}")
    return code


def hang_after_a_beat() -> int:
    Heart(SystemClock(), SHORT_S).beat()
    threading.Event().wait()
    return 0


PROGRAMS: dict[str, Callable[[], int]] = {
    "drain": lambda: serve(drain, LONG_S),
    "hang": lambda: serve(hang_while_draining, LONG_S),
    "late": lambda: serve(hang_while_draining, SHORT_S),
    "stopped": lambda: serve(stop_by_stream, LONG_S),
    "fail": lambda: serve(fail, LONG_S),
    "hung": hang_after_a_beat,
}

if __name__ == "__main__":
    sys.exit(PROGRAMS[sys.argv[1]]())
