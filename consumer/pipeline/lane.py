"""One assigned partition: offsets in flight, what is ready, and how far the commits are.

Outcomes are applied only here, on the kafka thread, in offset order. Nothing is visible outside
until the publication commits; if it does not, the lane goes back and applies the same outcomes
again.
"""

from collections import deque
from collections.abc import Iterable, Mapping

from msgspec import Struct

from consumer.contract.topics import Topics
from consumer.pipeline.circuit import Circuit, CircuitLimits
from consumer.pipeline.containment import record_of
from consumer.pipeline.outputs import Outputs
from consumer.pipeline.partition_state import PartitionState, StateLimits
from consumer.pipeline.reorder import ReorderBuffer
from consumer.ports import (
    Assignment,
    InputGap,
    OutRecord,
    StateRecord,
    TopicPartition,
    Unreadable,
)
from consumer.records import Outcome, Record, Rejected
from consumer.routing.conversation import OpenRecord
from consumer.routing.in_force import Decides
from consumer.telemetry.observer import Work

Item = Outcome | InputGap | Unreadable
_OVERFLOW = "dead_letter_overflow"
_UNREADABLE = "unreadable"


class LaneLimits(Struct, frozen=True):
    """Bounds of one partition."""

    state: StateLimits = StateLimits()
    circuit: CircuitLimits = CircuitLimits()


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
        self._outputs = outputs
        self._messages = topics.messages
        self._state = PartitionState(
            assignment.partition, topics.messages, router, outputs, limits.state
        )
        self._limits = limits.circuit
        self._circuit = self._committed_circuit = Circuit(limits.circuit.consecutive)
        self._passed = self._committed_passed = 0
        self._buffers: dict[str, ReorderBuffer[Item]] = {
            topic: ReorderBuffer() for topic in assignment.next_offsets
        }
        self._positions: dict[str, int] = dict(assignment.next_offsets)
        self._replay: deque[Item] = deque(assignment.gaps)
        self._applied: list[Item] = []
        self._offsets: dict[TopicPartition, int] = {}
        self._applied_bytes = 0
        self._stopping = False
        self.held_bytes = 0
        self.halted = False

    def restore(self, state: Iterable[StateRecord]) -> int:
        """Reads the changelog to its end; returns how many records that were."""
        return self._state.restore(state)

    @property
    def in_flight(self) -> int:
        """Records read but not yet ready."""
        return sum(len(buffer) for buffer in self._buffers.values())

    @property
    def conversations(self) -> int:
        """Committed conversation states."""
        return len(self._state)

    @property
    def open_escalations(self) -> Iterable[OpenRecord]:
        """Committed escalations that are not resolved."""
        return self._state.open_escalations

    @property
    def applied(self) -> int:
        """Outcomes applied and waiting for their transaction."""
        return len(self._applied)

    @property
    def positions(self) -> Mapping[str, int]:
        """The first offset without a committed outcome, by topic."""
        return self._positions

    @property
    def ready(self) -> bool:
        """Whether there is anything to publish, be it a timer's work."""
        return bool(self._offsets) or self._state.changed

    @property
    def owes(self) -> bool:
        """Whether anything that was read waits for its commit, be it for the second time."""
        return self.in_flight > 0 or bool(self._replay) or self.ready

    @property
    def urgent(self) -> bool:
        """Whether an escalation waits."""
        return self._state.urgent

    @property
    def work(self) -> Work:
        """What the open transaction holds of this partition."""
        outcomes = [item for item in self._applied if not isinstance(item, InputGap | Unreadable)]
        gaps = [item for item in self._applied if isinstance(item, InputGap)]
        return Work(outcomes, self._state.routed, sum(gap.end - gap.start for gap in gaps))

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

    def block(self, at: Unreadable) -> None:
        """Behind all that is in flight nothing can be read."""
        buffer = self._buffers[at.topic]
        if buffer.expect(at.offset):
            buffer.settle(at.offset, at)

    def advance(self, now_ms: int, limit: int) -> None:
        """Applies what is ready, in offset order, until `limit` outcomes wait."""
        while self._replay and self._has_room(limit):
            self._apply(self._replay.popleft(), now_ms)
        for buffer in self._buffers.values():
            if not self._has_room(limit):
                return
            for _offset, item in buffer.ready():
                self._apply(item, now_ms)
                if not self._has_room(limit):
                    return

    def idle(self, now_ms: int) -> None:
        """Nothing is unread: the wall clock may move the partition's clock."""
        if not self._replay and self.in_flight == 0:
            self._state.tick(now_ms)

    def take(self) -> tuple[list[OutRecord], dict[TopicPartition, int]]:
        """What the next transaction must hold. Stays here until `committed` or `rolled_back`."""
        records = self._state.seal()
        if not self._offsets and not records:
            return [], {}
        if not self._offsets:
            # A timer moves no offset, but without offsets nothing fences a zombie.
            self._offsets[(self._messages, self.partition)] = self._positions[self._messages]
        return records, self._offsets

    def committed(self) -> None:
        """The transaction is visible."""
        self._state.merge()
        for (topic, _partition), offset in self._offsets.items():
            self._positions[topic] = offset
        self._committed_passed, self._committed_circuit = self._passed, self._circuit
        self.held_bytes -= self._applied_bytes
        self.halted = self._stopping
        self._reset()

    def rolled_back(self) -> None:
        """The transaction did not happen: its outcomes are applied again, before new ones."""
        self._state.drop()
        self._replay.extendleft(reversed(self._applied))
        self._passed, self._circuit = self._committed_passed, self._committed_circuit
        self._reset()

    def start_over(self, epoch: int) -> None:
        """Forgets what is in flight: a halted partition is read again from its positions."""
        self.epoch = epoch
        self._buffers = {topic: ReorderBuffer() for topic in self._buffers}
        self._replay.clear()
        self._circuit = self._committed_circuit = Circuit(self._limits.probe)
        self._passed = self._committed_passed = 0
        self.held_bytes = 0
        self.halted = False

    def _reset(self) -> None:
        self._applied = []
        self._offsets = {}
        self._applied_bytes = 0
        self._stopping = False

    def _has_room(self, limit: int) -> bool:
        return not self._stopping and len(self._applied) < limit

    def _apply(self, item: Item, now_ms: int) -> None:
        self._applied.append(item)
        if isinstance(item, InputGap):
            self._state.lose(item, now_ms)
            self._offsets[(item.topic, self.partition)] = item.end
        elif isinstance(item, Unreadable):
            self._stop(item.topic, item.offset, _UNREADABLE, now_ms)
        else:
            buried = self._state.apply(item, now_ms)
            self._pass(record_of(item))
            if buried is not None:
                self._count(buried, now_ms)

    def _pass(self, record: Record) -> None:
        self._offsets[(record.topic, self.partition)] = record.offset + 1
        self._applied_bytes += len(record.value or b"")
        self._passed += 1

    def _count(self, buried: Rejected, now_ms: int) -> None:
        self._circuit = self._circuit.buried(self._passed, self._limits)
        if self._circuit.tripped(self._limits):
            self._stop(buried.record.topic, buried.record.offset + 1, _OVERFLOW, now_ms)

    def _stop(self, topic: str, offset: int, cause: str, now_ms: int) -> None:
        """Nothing is applied behind this; the transaction says why."""
        self._stopping = True
        self._offsets[(topic, self.partition)] = offset
        at = (topic, self.partition)
        self._state.records.append(self._outputs.stopped(at, offset, cause, now_ms))
