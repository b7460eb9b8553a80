"""How far a run is, and the learning rate that follows from it."""

import math
import time
from collections.abc import Callable

from exporters.settings import TrainingSettings

_LEAST_RATE = 0.02
"""Of the peak learning rate, at the end."""

_SECONDS_PER_MINUTE = 60


class Schedule:
    """Counts rows and seconds; with a time limit, whichever is further decides."""

    def __init__(
        self,
        settings: TrainingSettings,
        rows_done: int = 0,
        seconds_before: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._clock = settings, clock
        self._started = clock() - seconds_before
        self.rows_done = rows_done
        self.rows_in_all = settings.epochs * settings.epoch_rows

    @property
    def seconds(self) -> float:
        """Time spent, earlier parts of a resumed run included."""
        return self._clock() - self._started

    @property
    def progress(self) -> float:
        """0 at the start, 1 at the end."""
        done = self.rows_done / self.rows_in_all
        if self._settings.minutes is not None:
            limit = self._settings.minutes * _SECONDS_PER_MINUTE
            done = max(done, self.seconds / limit)
        return min(1.0, done)

    @property
    def learning_rate(self) -> float:
        """Linear warm-up, then a half cosine."""
        peak, warm_up = self._settings.learning_rate, self._settings.warm_up
        if self.progress < warm_up:
            return peak * max(self.progress / warm_up, _LEAST_RATE)
        along = (self.progress - warm_up) / (1 - warm_up) if warm_up < 1 else 1.0
        return peak * (_LEAST_RATE + (1 - _LEAST_RATE) * 0.5 * (1 + math.cos(math.pi * along)))
