"""One assigned partition: in-flight offsets, conversation states, and what is ready to publish.

Routing is applied only here, on the kafka thread, in offset order. Nothing is visible outside until
the publication commits; if it does not, the lane goes back and applies the same outcomes again.
"""

from collections import deque
from collections.abc import Iterable
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from consumer.contract.identity import conversation_key
from consumer.contract.message import DEFAULT_TENANT
from consumer.contract.topics import Topics
from consumer.pipeline.conversations import Conversations
from consumer.pipeline.far_ahead import not_far_ahead
from consumer.pipeline.outputs import Outputs
from consumer.pipeline.partition_notes import (
    NO_NOTES,
    NOTES_KEY,
    NOTHING_LOST,
    PartitionNotes,
)
from consumer.pipeline.partition_notes import decode as decode_notes
from consumer.pipeline.reorder import ReorderBuffer
from consumer.pipeline.timers import Timers
from consumer.ports import Assignment, InputGap, OutRecord, StateRecord, TopicPartition
from consumer.records import FeedbackTurn, Outcome, Record, Rejected, Turn, Understood
from consumer.routing.conversation import Conversation, decode, next_due_ms
from consumer.routing.in_force import Decides
from consumer.routing.rate_guard import RateGuard
from consumer.routing.router import Routed
from consumer.telemetry.observer import Work

STATE_LOST = "state_lost"


class LaneLimits(Struct, frozen=True):
    """Bounds of one partition's memory."""

    max_conversations: int = 500_000
    idle_ttl_ms: int = 7 * 86_400_000


class Lane:
    """Everything that belongs to one assignment of one partition."""

    def __init__(
        self,
        assignment: Assignment,
        topics: Topics,
        router: Decides,
        outputs: Outputs,
        limits: LaneLimits,
    ) -> None:
        self.partition = assignment.partition
        self.epoch = assignment.epoch
        self._router = router
        self._outputs = outputs
        self._limits = limits
        self._messages = topics.messages
        self._states = Conversations()
        self._notes = NO_NOTES
        self._lost_before = NOTHING_LOST
        self._guard = RateGuard()
        self._timers = Timers()
        self._clock_ms = 0
        self._applied_clock_ms = 0
        self._buffers: dict[str, ReorderBuffer[Outcome | InputGap]] = {
            topic: ReorderBuffer() for topic in assignment.next_offsets
        }
        self._positions: dict[str, int] = dict(assignment.next_offsets)
        self._replay: deque[Outcome | InputGap] = deque(assignment.gaps)
        self._applied: list[Outcome | InputGap] = []
        self._routed: list[Routed] = []
        self._records: list[OutRecord] = []
        self._offsets: dict[TopicPartition, int] = {}
        self._applied_bytes = 0
        self.held_bytes = 0
        self.urgent = False

    def restore(self, state: Iterable[StateRecord]) -> int:
        """Reads the changelog to its end; returns how many records that were."""
        count = 0
        for raw_key, value in state:
            count += 1
            if raw_key == NOTES_KEY:
                self._notes = NO_NOTES if value is None else decode_notes(value)
                continue
            self._states.restore(raw_key.decode(), None if value is None else decode(value))
        self._arm_all()
        self._recall()
        self._clock_ms = max(
            (held.last_event_ms for _, held in self._states.oldest_first()), default=0
        )
        self._applied_clock_ms = self._clock_ms
        return count

    @property
    def in_flight(self) -> int:
        """Records read but not yet ready."""
        return sum(len(buffer) for buffer in self._buffers.values())

    @property
    def conversations(self) -> int:
        """Committed conversation states."""
        return len(self._states)

    @property
    def applied(self) -> int:
        """Outcomes applied and waiting for their transaction."""
        return len(self._applied)

    @property
    def ready(self) -> bool:
        """Whether there is anything to publish, be it a timer's work."""
        return bool(self._offsets or self._records or self._states.changes())

    @property
    def work(self) -> Work:
        """What the open transaction holds of this partition."""
        outcomes = [item for item in self._applied if not isinstance(item, InputGap)]
        return Work(outcomes, self._routed)

    def expect(self, record: Record) -> bool:
        """Registers a read record; False where this lane has had it already."""
        if record.offset < self._positions[record.topic]:
            return False
        return self._buffers[record.topic].expect(record.offset)

    def settle(self, record: Record, outcome: Outcome) -> None:
        """A worker's outcome. Its record's value is held until it is committed."""
        self.held_bytes += len(record.value or b"")
        self._buffers[record.topic].settle(record.offset, outcome)

    def lose(self, gap: InputGap) -> None:
        """Input lost behind all that is in flight."""
        buffer = self._buffers[gap.topic]
        if buffer.expect(gap.end - 1):
            buffer.settle(gap.end - 1, gap)

    def advance(self, now_ms: int, limit: int) -> None:
        """Applies what is ready, in offset order, until `limit` outcomes wait."""
        while self._replay and len(self._applied) < limit:
            self._apply(self._replay.popleft(), now_ms)
        for buffer in self._buffers.values():
            if len(self._applied) >= limit:
                return
            for _offset, outcome in buffer.ready():
                self._apply(outcome, now_ms)
                if len(self._applied) >= limit:
                    return

    def idle(self, now_ms: int) -> None:
        """Nothing is unread: the wall clock may move the partition's clock."""
        if not self._replay and self.in_flight == 0:
            self._tick(now_ms)

    def take(self) -> tuple[list[OutRecord], dict[TopicPartition, int]]:
        """What the next transaction must hold. Stays here until `committed` or `rolled_back`."""
        self._forget_idle()
        if not self.ready:
            return [], {}
        states = [
            self._outputs.state(self.partition, key, state)
            for key, state in self._states.changes().items()
        ]
        notes = self._new_notes()
        if notes != self._notes:
            states.append(self._outputs.notes(self.partition, notes))
        if not self._offsets:
            # A timer moves no offset, but without offsets nothing fences a zombie.
            self._offsets[(self._messages, self.partition)] = self._positions[self._messages]
        return self._records + states, self._offsets

    def committed(self) -> None:
        """The transaction is visible."""
        self._states.merge()
        self._notes = self._new_notes()
        for (topic, _partition), offset in self._offsets.items():
            self._positions[topic] = offset
        self._clock_ms = self._applied_clock_ms
        self.held_bytes -= self._applied_bytes
        self._reset()

    def rolled_back(self) -> None:
        """The transaction did not happen: its outcomes are applied again, before new ones."""
        self._states.drop()
        self._recall()
        self._replay.extendleft(reversed(self._applied))
        self._applied_clock_ms = self._clock_ms
        self._timers.clear()
        self._arm_all()
        self._reset()

    def _new_notes(self) -> PartitionNotes:
        return PartitionNotes(meters=dict(self._guard.meters), lost_before=self._lost_before)

    def _recall(self) -> None:
        """Guard and losses as they are committed."""
        self._guard = RateGuard(self._notes.meters)
        self._lost_before = self._notes.lost_before

    def _reset(self) -> None:
        self._applied = []
        self._routed = []
        self._records = []
        self._offsets = {}
        self._applied_bytes = 0
        self.urgent = False

    def _arm_all(self) -> None:
        for key, state in self._states.oldest_first():
            due_ms = next_due_ms(state)
            if due_ms is not None:
                self._timers.arm(key, due_ms)

    def _apply(self, outcome: Outcome | InputGap, now_ms: int) -> None:
        self._applied.append(outcome)
        if not isinstance(outcome, InputGap):
            outcome = not_far_ahead(outcome, now_ms)
        match outcome:
            case Understood():
                turn = outcome.turn
                prior = self._prior(turn.key, turn.event_ms)
                if prior is not None and prior.messages_offset < self._lost_before:
                    outcome = replace(outcome, flaws=(*outcome.flaws, STATE_LOST))
                routed = self._router.decide(outcome, prior, now_ms, self._guard)
                self._keep(turn.key, routed, turn.record)
            case Turn():
                prior = self._prior(outcome.key, outcome.event_ms)
                routed = self._router.observe(outcome, prior, now_ms, self._guard)
                self._keep(outcome.key, routed, outcome.record)
            case FeedbackTurn():
                prior = self._prior(outcome.key, outcome.event_ms)
                routed = self._router.feedback(outcome, prior, now_ms, self._guard)
                self._keep(outcome.key, routed, outcome.record)
            case Rejected():
                self._bury(outcome, now_ms)
            case InputGap():
                self._records.append(self._outputs.lost(outcome, now_ms))
                self._offsets[(outcome.topic, self.partition)] = outcome.end
                if outcome.topic == self._messages:
                    self._lost_before = max(self._lost_before, outcome.end)
            case _:
                assert_never(outcome)

    def _prior(self, key: str, event_ms: int) -> Conversation | None:
        self._tick(event_ms)
        state = self._states.get(key)
        if state is not None and self._is_stale(state, self._applied_clock_ms):
            # By the partition's clock, as tombstones are: whether it has one yet must not matter.
            self._expire(key, state)
            return None
        return state

    def _bury(self, rejected: Rejected, now_ms: int) -> None:
        record = rejected.record
        decision_id = None
        if rejected.conversation_id is not None and record.topic == self._messages:
            tenant_id = rejected.tenant_id or DEFAULT_TENANT
            key = conversation_key(tenant_id, rejected.conversation_id)
            prior = self._prior(key, rejected.event_ms or record.timestamp_ms)
            routed = self._router.degrade(rejected, prior, now_ms, self._guard)
            decision_id = routed.decision.decision_id if routed.decision else None
            self._emit(key, routed, record)
        self._records.append(self._outputs.dead(rejected, decision_id))
        self._pass(record)

    def _keep(self, key: str, routed: Routed, record: Record) -> None:
        self._emit(key, routed, record)
        self._pass(record)

    def _pass(self, record: Record) -> None:
        self._offsets[(record.topic, self.partition)] = record.offset + 1
        self._applied_bytes += len(record.value or b"")

    def _emit(self, key: str, routed: Routed, record: Record | None) -> None:
        self._routed.append(routed)
        self._records += self._outputs.routed(key, routed, record)
        self._states.put(key, routed.state)
        self._timers.arm(key, next_due_ms(routed.state))
        if routed.escalations:
            self.urgent = True

    def _tick(self, at_ms: int) -> None:
        """Moves the partition's clock and fires what is due by it, each at its own due time.

        Firing between two messages, by event time only, makes live, catch-up and replay agree.
        """
        if at_ms <= self._applied_clock_ms:
            return
        self._applied_clock_ms = at_ms
        while (due := self._timers.pop_due(at_ms)) is not None:
            due_ms, key = due
            state = self._states.get(key)
            if state is not None:
                self._emit(key, self._router.fire_due(key, state, due_ms, self._guard), None)

    def _forget_idle(self) -> None:
        """Tombstones for conversations past their time to live, or beyond the cap, oldest first."""
        surplus = len(self._states) - self._limits.max_conversations
        at_ms = self._applied_clock_ms
        for key, state in self._states.oldest_untouched():
            if surplus <= 0 and not self._is_stale(state, at_ms):
                return
            surplus -= 1
            self._expire(key, state)
            self._states.put(key, None)
            self._timers.arm(key, None)

    def _is_stale(self, state: Conversation, at_ms: int) -> bool:
        return state.last_event_ms + self._limits.idle_ttl_ms < at_ms

    def _expire(self, key: str, state: Conversation) -> None:
        """A state is never forgotten with an escalation open: that is resolved first."""
        while state.open:
            end_ms = max(held.expires_ms for held in state.open)
            routed = self._router.fire_due(key, state, end_ms, self._guard)
            self._emit(key, routed, None)
            state = routed.state
