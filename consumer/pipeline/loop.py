"""The loop of the kafka thread: read, settle, apply in order, publish. Only wires.

It alone touches the stream and the lanes. Workers run ahead of it and hand outcomes back; what
they bring for an assignment that is gone is dropped here, by its epoch.
"""

import threading
from collections.abc import Callable, Iterable

from msgspec import Struct

from consumer.exit_codes import ExitCode
from consumer.pipeline.heart import Heart
from consumer.pipeline.lane import Lane
from consumer.pipeline.workers import Workers
from consumer.ports import (
    Assignment,
    Clock,
    InputGap,
    OutRecord,
    Publication,
    Published,
    StateRecord,
    Stream,
    StreamStopped,
    TopicPartition,
)
from consumer.routing.in_force import RulesInForce
from consumer.telemetry.observer import Observer

_POLL_CHUNK = 1_000
_BUSY_WAIT_S = 0.004
_IDLE_WAIT_S = 0.05
_FULL_WAIT_S = 0.02
_TRICKLE_S = 0.1
_TIMERS_S = 0.5
_RETRY_S = 0.05


class LoopSettings(Struct, frozen=True):
    """The bounds of the loop.

    `settle_s` is kept between two transactions: begun at once after a commit, librdkafka meets
    CONCURRENT_TRANSACTIONS and backs off for 100 ms.
    """

    max_in_flight: int = 4_096
    max_in_flight_bytes: int = 67_108_864
    max_transaction: int = 2_000
    cadence_s: float = 0.02
    settle_s: float = 0.005
    drain_s: float = 8.0
    model_timeout_s: float = 60.0


class Pipeline:
    """Reads as one sentence in `_turn`."""

    def __init__(
        self,
        stream: Stream,
        workers: Workers,
        open_lane: Callable[[Assignment], Lane],
        rules: RulesInForce,
        settings: LoopSettings,
        clock: Clock,
        heart: Heart,
        observer: Observer,
    ) -> None:
        self._stream = stream
        self._workers = workers
        self._open_lane = open_lane
        self._rules = rules
        self._settings = settings
        self._clock = clock
        self._heart = heart
        self._observer = observer
        self._lanes: dict[int, Lane] = {}
        self._in_flight_bytes = 0
        self._ready_since: float | None = None
        self._next_publish = 0.0
        self._next_trickle = 0.0
        self._next_timers = 0.0

    def run(self, stop: threading.Event) -> None:
        """Runs until `stop` is set, then drains, commits a last time and leaves the group.

        Raises:
            StreamStopped: the stream or a worker cannot go on.
        """
        self._workers.start()
        self._stream.start(self)
        while not stop.is_set():
            self._turn()
        self._drain()
        self._workers.stop()
        self._stream.close()
        self._heart.stop()

    def assigned(self, assignment: Assignment, state: Iterable[StateRecord]) -> None:
        """A partition is ours: its state is read to the end before its first record."""
        began = self._clock.monotonic()
        lane = self._open_lane(assignment)
        records = lane.restore(state)
        self._lanes[assignment.partition] = lane
        self._observer.restored(records, self._clock.monotonic() - began)

    def revoked(self, partition: int) -> None:
        """It is not ours any more: nothing of it will be published."""
        self._lanes.pop(partition, None)
        self._observer.revoked()

    def gap(self, gap: InputGap) -> None:
        """Retention passed us."""
        lane = self._lanes.get(gap.partition)
        if lane is not None:
            lane.lose(gap)

    def _turn(self) -> None:
        self._heart.beat()
        self._read()
        self._settle()
        self._apply()
        self._publish_if_due()
        self._fire_idle_timers()
        self._check_workers()

    def _read(self) -> None:
        in_flight = sum(lane.in_flight for lane in self._lanes.values())
        room = self._settings.max_in_flight - in_flight
        held = self._in_flight_bytes + sum(lane.held_bytes for lane in self._lanes.values())
        if room > 0 and held < self._settings.max_in_flight_bytes:
            self._accept(min(room, _POLL_CHUNK), self._wait_s(in_flight))
        else:
            self._trickle()
        self._observer.in_flight(in_flight, len(self._lanes))

    def _wait_s(self, in_flight: int) -> float:
        if self._ready_since is not None:
            return 0.0 if self._workers.arrived.is_set() else 0.001
        if in_flight:
            return 0.0 if self._workers.arrived.is_set() else _BUSY_WAIT_S
        return _IDLE_WAIT_S

    def _trickle(self) -> None:
        """Full: one message now and then keeps rebalances and the poll interval served.

        pause() and resume() are not used: they have duplicated and stranded partitions upstream
        (librdkafka 4637, 5591).
        """
        self._workers.arrived.wait(_FULL_WAIT_S)
        if self._clock.monotonic() >= self._next_trickle:
            self._next_trickle = self._clock.monotonic() + _TRICKLE_S
            self._accept(1, 0.0)

    def _accept(self, limit: int, wait_s: float) -> None:
        records = self._stream.poll(limit, wait_s)
        if not records:
            return
        fresh = [
            record
            for record in records
            if (lane := self._lanes.get(record.partition)) is not None
            and lane.epoch == record.epoch
            and lane.expect(record)
        ]
        self._in_flight_bytes += sum(len(record.value or b"") for record in fresh)
        self._workers.submit(fresh)
        self._observer.consumed(len(fresh))

    def _settle(self) -> None:
        for settled in self._workers.collect():
            record = settled.record
            self._in_flight_bytes -= len(record.value or b"")
            lane = self._lanes.get(record.partition)
            if lane is not None and lane.epoch == record.epoch:
                lane.settle(record, settled.outcome)

    def _apply(self) -> None:
        if self._rules.has_offer and not any(lane.ready for lane in self._lanes.values()):
            self._rules.take_over()
        now_ms = self._clock.now_ms()
        room = self._settings.max_transaction - sum(x.applied for x in self._lanes.values())
        for lane in self._lanes.values():
            if room <= 0:
                break
            before = lane.applied
            lane.advance(now_ms, before + room)
            room -= lane.applied - before
        if self._ready_since is None and any(lane.ready for lane in self._lanes.values()):
            self._ready_since = self._clock.monotonic()

    def _publish_if_due(self) -> None:
        if self._ready_since is None:
            return
        now = self._clock.monotonic()
        full = sum(x.applied for x in self._lanes.values()) >= self._settings.max_transaction
        urgent = any(lane.urgent for lane in self._lanes.values())
        waited = now - self._ready_since >= self._settings.cadence_s
        if (full or urgent or waited) and now >= self._next_publish:
            self._publish()

    def _publish(self) -> None:
        lanes = [lane for lane in self._lanes.values() if lane.ready]
        records: list[OutRecord] = []
        offsets: dict[TopicPartition, int] = {}
        for lane in lanes:
            lane_records, lane_offsets = lane.take()
            records += lane_records
            offsets |= lane_offsets
        self._ready_since = None
        if not offsets:
            return
        began = self._clock.monotonic()
        published = self._stream.publish(Publication(records, offsets))
        self._finish(lanes, published, began)

    def _finish(self, lanes: list[Lane], published: Published, began: float) -> None:
        now = self._clock.monotonic()
        work = [lane.work for lane in lanes]
        self._observer.published(published, now - began, work, self._clock.now_ms())
        if published is Published.COMMITTED:
            for lane in lanes:
                lane.committed()
            self._next_publish = now + self._settings.settle_s
            # The next one of a busy lane should not wait for its turn behind the others.
            self._lanes = dict(sorted(self._lanes.items(), key=lambda item: item[1] in lanes))
        else:
            for lane in lanes:
                lane.rolled_back()
            self._next_publish = now + _RETRY_S

    def _fire_idle_timers(self) -> None:
        now = self._clock.monotonic()
        if now < self._next_timers:
            return
        self._next_timers = now + _TIMERS_S
        now_ms = self._clock.now_ms()
        for lane in self._lanes.values():
            if self._stream.exhausted(lane.partition):
                lane.idle(now_ms)
        self._observer.lag(self._stream.lag(), sum(x.conversations for x in self._lanes.values()))

    def _check_workers(self) -> None:
        if self._workers.failure is not None:
            kind = type(self._workers.failure).__name__
            cause = f"a worker failed ({kind})"
            raise StreamStopped(
                cause, "the restart reads the same messages again", ExitCode.INTERNAL
            ) from self._workers.failure
        if self._workers.longest_run_s() > self._settings.model_timeout_s:
            cause = f"a model run took more than {self._settings.model_timeout_s:g} s"
            remedy = "the restart isolates the message that hangs it"
            raise StreamStopped(cause, remedy, ExitCode.INTERNAL)

    def _drain(self) -> None:
        """Publishes what is in flight and comes back in time; the rest will be read again."""
        deadline = self._clock.monotonic() + self._settings.drain_s
        while any(x.in_flight or x.ready for x in self._lanes.values()):
            if self._clock.monotonic() > deadline:
                return
            self._heart.beat()
            self._workers.arrived.wait(_BUSY_WAIT_S)
            self._settle()
            self._apply()
            self._publish_if_due()
            self._check_workers()
