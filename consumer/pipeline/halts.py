"""Partitions that are ours and not read for now, and when each is tried again.

A halted partition keeps its state and its place; the others go on. The process does not end, for a
restart would run into the same records.
"""

from msgspec import Struct

from consumer.pipeline.lane import Lane
from consumer.ports import Clock, Stream
from consumer.telemetry.observer import Observer


class _Halt(Struct, frozen=True):
    lane: Lane
    until: float


class Halts:
    """All halted partitions of one instance. Kafka thread only; `partitions` may be read by any."""

    def __init__(self, stream: Stream, clock: Clock, observer: Observer, retry_s: float) -> None:
        self._stream = stream
        self._clock = clock
        self._observer = observer
        self._retry_s = retry_s
        self._halts: dict[int, _Halt] = {}

    @property
    def partitions(self) -> tuple[int, ...]:
        """Those halted now."""
        return tuple(self._halts)

    def halt(self, lane: Lane) -> None:
        """Stops reading; what is in flight of the partition is dropped and will be read again."""
        lane.start_over(self._stream.halt(lane.partition))
        self._halts[lane.partition] = _Halt(lane, self._clock.monotonic() + self._retry_s)
        self._observer.circuit(is_open=True)

    def forget(self, partition: int) -> None:
        """The partition is not ours any more."""
        if self._halts.pop(partition, None) is not None:
            self._observer.circuit(is_open=bool(self._halts))

    def retry_due(self) -> None:
        """Reads again what has been halted for long enough; it halts again soon if need be."""
        now = self._clock.monotonic()
        for partition, halt in list(self._halts.items()):
            if now >= halt.until:
                self._stream.resume(partition, halt.lane.positions)
                self.forget(partition)
