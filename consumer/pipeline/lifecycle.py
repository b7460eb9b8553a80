"""Runs the loop on a thread of its own and ends it: in order, or by force.

The main thread only waits, because Python runs signal handlers there and nowhere else: were it the
kafka thread, a SIGTERM would wait for ever behind a call that hangs in C (librdkafka 5456). The
handler sets a flag and nothing more; an exception raised in it would lose messages.
"""

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

from consumer.exit_codes import ExitCode
from consumer.ports import StreamStopped

_COLLECT_EVERY = 50_000
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_LOOK_S = 0.2


class Lifecycle:
    """One run of the service, from start to exit code."""

    def __init__(self, run: Callable[[threading.Event], None], deadline_s: float) -> None:
        self._run = run
        self._deadline_s = deadline_s
        self._stop = threading.Event()
        self._woken = threading.Event()
        self._signals = 0
        self._thread = threading.Thread(target=self._guarded, name="kafka", daemon=True)
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Starts the loop's thread."""
        _spare_the_collector()
        self._thread.start()

    def serve(self) -> int:
        """Blocks until the loop has ended; the exit code. Never returns if the loop hangs."""
        previous = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        self.start()
        try:
            # A signal may reach another thread (after a SIGCONT it often does); its handler runs
            # only when this one runs, so this one must not sleep for ever.
            while not self._woken.wait(_LOOK_S):
                pass
            if self._signals:
                self._thread.join(self._deadline_s)
                if self._thread.is_alive():
                    self._leave()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
        return self.stop()

    def stop(self) -> int:
        """Asks the loop to end in order, waits, and returns the exit code."""
        self._stop.set()
        self._thread.join()
        return self._exit_code()

    @property
    def running(self) -> bool:
        """Whether the loop's thread lives."""
        return self._thread.is_alive()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        self._stop.set()
        self._woken.set()
        if self._signals > 1:
            self._leave()

    def _leave(self) -> None:
        """The deadline is over. With exactly-once an open transaction simply never happened."""
        sys.stderr.flush()
        os._exit(ExitCode.OK)

    def _guarded(self) -> None:
        try:
            self._run(self._stop)
        except BaseException as failure:
            self.failure = failure
        finally:
            self._woken.set()

    def _exit_code(self) -> int:
        if self.failure is None:
            return ExitCode.OK
        if isinstance(self.failure, StreamStopped):
            return self.failure.exit_code
        return ExitCode.INTERNAL


def _spare_the_collector() -> None:
    """Lets the cycle collector look seldom, and not at what was there before the first message.

    Thousands of messages are alive at a time and none of them is in a cycle; at the default
    threshold of 700 looking at them again and again is a sixth of all CPU.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY, 20, 100)
