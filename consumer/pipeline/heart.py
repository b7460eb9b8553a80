"""The loop's heartbeat and the watchdog behind it.

A Python thread cannot watch: it does not run while C code holds the interpreter's lock. The
interpreter's own fault handler can, in a C thread, so the loop re-arms it and a hung loop ends the
process with every thread's stack printed. With exactly-once that is always safe.
"""

import faulthandler

from consumer.ports import Clock

_REARM_S = 1.0


class Heart:
    """Beats once a turn of the loop."""

    def __init__(self, clock: Clock, watchdog_s: float) -> None:
        self._clock = clock
        self._watchdog_s = watchdog_s
        self._armed_at = float("-inf")
        self.last_beat = clock.monotonic()

    def beat(self, _where: str = "") -> None:
        """The loop is alive. Re-arming costs 50 µs, so at most once a second."""
        self.last_beat = now = self._clock.monotonic()
        if self._watchdog_s > 0 and now - self._armed_at >= _REARM_S:
            faulthandler.dump_traceback_later(self._watchdog_s, exit=True)
            self._armed_at = now

    def age_s(self) -> float:
        """Seconds since the last beat."""
        return self._clock.monotonic() - self.last_beat

    def stop(self) -> None:
        """The loop has ended in order."""
        faulthandler.cancel_dump_traceback_later()
