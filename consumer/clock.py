"""The machine's clock: the real implementation of the `Clock` port."""

import time


class SystemClock:
    """Time as the operating system has it."""

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def now_ms(self) -> int:
        """Wall clock, milliseconds since the epoch."""
        return time.time_ns() // 1_000_000
