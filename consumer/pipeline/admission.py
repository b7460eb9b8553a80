"""How much is let in, how long the loop waits for it, and what of it has come back.

Bounded by messages and by bytes. Kafka thread only.
"""

from collections.abc import Mapping

from consumer.pipeline.lane import Lane
from consumer.pipeline.workers import Workers
from consumer.ports import Clock, Stream
from consumer.telemetry.observer import Observer

_POLL_CHUNK = 1_000
_BUSY_WAIT_S = 0.004
_READY_WAIT_S = 0.001
_IDLE_WAIT_S = 0.05
_FULL_WAIT_S = 0.02
_TRICKLE_S = 0.1


class Admission:
    """Between the stream and the workers, both ways."""

    def __init__(
        self,
        stream: Stream,
        workers: Workers,
        clock: Clock,
        observer: Observer,
        max_messages: int,
        max_bytes: int,
    ) -> None:
        self._stream = stream
        self._workers = workers
        self._clock = clock
        self._observer = observer
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        # Also of assignments that are gone: until a worker has come to it, it takes memory.
        self._with_workers = 0
        self._in_flight_bytes = 0
        self._next_trickle = 0.0

    def read(self, lanes: Mapping[int, Lane], is_ready: bool) -> None:
        """Reads what there is room for; `is_ready`: something waits to be published."""
        in_flight = max(self._with_workers, sum(lane.in_flight for lane in lanes.values()))
        room = self._max_messages - in_flight
        held = self._in_flight_bytes + sum(lane.held_bytes for lane in lanes.values())
        if room > 0 and held < self._max_bytes:
            self._accept(lanes, min(room, _POLL_CHUNK), self._wait_s(in_flight, is_ready))
        else:
            self._trickle(lanes)
        self._observer.in_flight(in_flight, len(lanes))

    def settle(self, lanes: Mapping[int, Lane]) -> None:
        """Hands outcomes to their lanes; those of an assignment that is gone are dropped."""
        for settled in self._workers.collect():
            record = settled.record
            self._with_workers -= 1
            self._in_flight_bytes -= len(record.value or b"")
            lane = lanes.get(record.partition)
            if lane is not None and lane.epoch == record.epoch:
                lane.settle(record, settled.outcome)

    def wait(self) -> None:
        """A moment, or until a worker brings something."""
        self._workers.arrived.wait(_BUSY_WAIT_S)

    def _wait_s(self, in_flight: int, is_ready: bool) -> float:
        if not in_flight and not is_ready:
            return _IDLE_WAIT_S
        if self._workers.arrived.is_set():
            return 0.0
        return _READY_WAIT_S if is_ready else _BUSY_WAIT_S

    def _trickle(self, lanes: Mapping[int, Lane]) -> None:
        """Full: one message now and then keeps rebalances and the poll interval served.

        pause() and resume() are not used: they have duplicated and stranded partitions upstream
        (librdkafka 4637, 5591).
        """
        self._workers.arrived.wait(_FULL_WAIT_S)
        if self._clock.monotonic() >= self._next_trickle:
            self._next_trickle = self._clock.monotonic() + _TRICKLE_S
            self._accept(lanes, 1, 0.0)

    def _accept(self, lanes: Mapping[int, Lane], limit: int, wait_s: float) -> None:
        records = self._stream.poll(limit, wait_s)
        if not records:
            return
        fresh = [
            record
            for record in records
            if (lane := lanes.get(record.partition)) is not None
            and lane.epoch == record.epoch
            and lane.expect(record)
        ]
        self._with_workers += len(fresh)
        self._in_flight_bytes += sum(len(record.value or b"") for record in fresh)
        self._workers.submit(fresh)
        self._observer.consumed(len(fresh))
