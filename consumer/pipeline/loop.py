"""The loop of the kafka thread: read, settle, apply in order, publish. Only wires.

It alone touches the stream and the lanes. Workers run ahead of it and hand outcomes back; what
they bring for an assignment that is gone is dropped here, by its epoch.
"""

import threading
from collections.abc import Callable, Iterable

from msgspec import Struct

from consumer.exit_codes import ExitCode
from consumer.pipeline.admission import Admission
from consumer.pipeline.halts import Halts
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
    Unreadable,
)
from consumer.routing.in_force import RulesInForce
from consumer.telemetry.catalogue import DECIDE
from consumer.telemetry.observer import Observer, Standing

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
    halt_retry_s: float = 60.0


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
        self.halts = Halts(stream, clock, observer, settings.halt_retry_s)
        self._admission = Admission(
            stream,
            workers,
            clock,
            observer,
            settings.max_in_flight,
            settings.max_in_flight_bytes,
        )
        self._ready_since: float | None = None
        self._next_publish = 0.0
        self._next_timers = 0.0

    def run(self, stop: threading.Event) -> None:
        """Runs until `stop` is set, then drains, commits a last time and leaves the group.

        Raises:
            StreamStopped: the stream or a worker cannot go on.
        """
        self._workers.start()
        self._stream.start(self)
        try:
            while not stop.is_set():
                self._turn()
            self._drain()
            self._workers.stop()
        finally:
            # Whatever ended it: others take over at once, instead of after the session's time-out.
            self._stream.close()
            self._heart.stop()

    def assigned(self, assignment: Assignment, state: Iterable[StateRecord]) -> None:
        """A partition is ours: its state is read to the end before its first record."""
        began = self._clock.monotonic()
        self._observer.restoring()
        lane = self._open_lane(assignment)
        records = lane.restore(state)
        self._lanes[assignment.partition] = lane
        self._observer.restored(records, self._clock.monotonic() - began)

    def revoked(self, partition: int) -> None:
        """It is not ours any more: nothing of it will be published."""
        self._lanes.pop(partition, None)
        self.halts.forget(partition)
        self._observer.revoked(partition)

    def gap(self, gap: InputGap) -> None:
        """Retention passed us."""
        lane = self._lanes.get(gap.partition)
        if lane is not None:
            lane.lose(gap)

    def unreadable(self, at: Unreadable) -> None:
        """Told again as long as it is asked for; the lane counts it once."""
        lane = self._lanes.get(at.partition)
        if lane is not None:
            lane.block(at)

    def _turn(self) -> None:
        self._heart.beat()
        self._admission.read(self._lanes, is_ready=self._ready_since is not None)
        self._admission.settle(self._lanes)
        self._apply()
        self._publish_if_due()
        self._fire_idle_timers()
        self.halts.retry_due()
        self._check_workers()

    def _apply(self) -> None:
        if self._rules.has_offer and not any(lane.ready for lane in self._lanes.values()):
            self._rules.take_over()
        began = self._clock.monotonic()
        now_ms = self._clock.now_ms()
        whole = room = self._settings.max_transaction - sum(x.applied for x in self._lanes.values())
        for lane in self._lanes.values():
            if room <= 0:
                break
            before = lane.applied
            lane.advance(now_ms, before + room)
            room -= lane.applied - before
        if room < whole:
            self._observer.staged(DECIDE, self._clock.monotonic() - began)
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
                if lane.halted:
                    self.halts.halt(lane)
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
        self._observer.standing(self._standing(now_ms))

    def _standing(self, now_ms: int) -> Standing:
        lanes = self._lanes.values()
        return Standing(
            now_ms,
            self._stream.lag(),
            {
                (topic, lane.partition): offset
                for lane in lanes
                for topic, offset in lane.positions.items()
            },
            sum(lane.conversations for lane in lanes),
            [record for lane in lanes for record in lane.open_escalations],
        )

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
        while any(lane.owes for lane in self._lanes.values()):
            if self._clock.monotonic() > deadline:
                return
            self._heart.beat()
            self._admission.wait()
            self._admission.settle(self._lanes)
            self._apply()
            self._publish_if_due()
            self._check_workers()
