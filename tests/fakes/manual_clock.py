"""A clock that stands still until a test moves it, or moves a little whenever it is read."""

MS_PER_S = 1_000
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z


class ManualClock:
    """Both times move together. `step_s` is what each reading of `monotonic` adds."""

    def __init__(self, step_s: float = 0.0, start_ms: int = START_MS) -> None:
        self.step_s = step_s
        self._start_ms = start_ms
        self._passed_s = 0.0

    def monotonic(self) -> float:
        """Seconds since it was made."""
        self._passed_s += self.step_s
        return self._passed_s

    def now_ms(self) -> int:
        """Wall clock that belongs to `monotonic`."""
        return self._start_ms + round(self._passed_s * MS_PER_S)

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self._passed_s += seconds
