"""What outcomes do to the conversations of one partition: states, timers, records to publish.

Applied only on the kafka thread, in offset order. Knows no offsets in flight and no transactions
but their two ends: `merge` and `drop`.
"""

from collections.abc import Iterable
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from consumer.contract.identity import conversation_key
from consumer.contract.message import DEFAULT_TENANT
from consumer.pipeline.containment import unroutable
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
from consumer.pipeline.timers import Timers
from consumer.ports import InputGap, OutRecord, StateRecord
from consumer.records import FeedbackTurn, Outcome, Record, Rejected, Turn, Understood
from consumer.routing.conversation import Conversation, OpenRecord, decode, next_due_ms
from consumer.routing.in_force import Decides
from consumer.routing.rate_guard import RateGuard
from consumer.routing.router import Routed

STATE_LOST = "state_lost"


class StateLimits(Struct, frozen=True):
    """Bounds of one partition's memory."""

    max_conversations: int = 500_000
    idle_ttl_ms: int = 7 * 86_400_000


class PartitionState:
    """Conversation states with an overlay, their timers, and what the open transaction says."""

    def __init__(
        self, partition: int, messages: str, router: Decides, outputs: Outputs, limits: StateLimits
    ) -> None:
        self._partition = partition
        self._messages = messages
        self._router = router
        self._outputs = outputs
        self._limits = limits
        self._states = Conversations()
        self._notes = NO_NOTES
        self._lost_before = NOTHING_LOST
        self._guard = RateGuard()
        self._timers = Timers()
        self._clock_ms = 0
        self._applied_clock_ms = 0
        self.records: list[OutRecord] = []
        self.routed: list[Routed] = []
        self.urgent = False

    def __len__(self) -> int:
        """Committed conversation states."""
        return len(self._states)

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
    def open_escalations(self) -> Iterable[OpenRecord]:
        """Committed escalations that are not resolved."""
        return self._states.open_escalations

    @property
    def changed(self) -> bool:
        """Whether there is anything to publish, be it a timer's work."""
        return bool(self.records or self._states.changes())

    def apply(self, outcome: Outcome, now_ms: int) -> Rejected | None:
        """One record's effect; what was buried where it had none but a dead letter."""
        outcome = not_far_ahead(outcome, now_ms, self._applied_clock_ms)
        if isinstance(outcome, Rejected):
            self._bury(outcome, now_ms)
            return outcome
        record, key, event_ms = _addressed(outcome)
        prior = self._prior(key, event_ms)
        try:
            routed = self._route(outcome, prior, now_ms)
        except MemoryError:
            raise
        except Exception as fault:  # a bug that one message meets must not stop all behind it
            buried = unroutable(outcome, fault)
            self._bury(buried, now_ms)
            return buried
        self._emit(key, routed, record)
        return None

    def lose(self, gap: InputGap, now_ms: int) -> None:
        """Input that will never be read: states from before it may lack turns."""
        self.records.append(self._outputs.lost(gap, now_ms))
        if gap.topic == self._messages:
            self._lost_before = max(self._lost_before, gap.end)

    def tick(self, at_ms: int) -> None:
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

    def seal(self) -> list[OutRecord]:
        """All records of the open transaction; those of the state stand last."""
        self._forget_idle()
        states = [
            self._outputs.state(self._partition, key, state)
            for key, state in self._states.changes().items()
        ]
        notes = self._new_notes()
        if notes != self._notes:
            states.append(self._outputs.notes(self._partition, notes))
        return self.records + states

    def merge(self) -> None:
        """The transaction is visible."""
        self._states.merge()
        self._notes = self._new_notes()
        self._clock_ms = self._applied_clock_ms
        self._reset()

    def drop(self) -> None:
        """The transaction did not happen: its outcomes will be applied again."""
        self._states.drop()
        self._recall()
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
        self.records = []
        self.routed = []
        self.urgent = False

    def _arm_all(self) -> None:
        for key, state in self._states.oldest_first():
            due_ms = next_due_ms(state)
            if due_ms is not None:
                self._timers.arm(key, due_ms)

    def _route(
        self, outcome: Understood | Turn | FeedbackTurn, prior: Conversation | None, now_ms: int
    ) -> Routed:
        match outcome:
            case Understood():
                if prior is not None and prior.messages_offset < self._lost_before:
                    outcome = replace(outcome, flaws=(*outcome.flaws, STATE_LOST))
                return self._router.decide(outcome, prior, now_ms, self._guard)
            case Turn():
                return self._router.observe(outcome, prior, now_ms, self._guard)
            case FeedbackTurn():
                return self._router.feedback(outcome, prior, now_ms, self._guard)
            case _:
                assert_never(outcome)

    def _prior(self, key: str, event_ms: int) -> Conversation | None:
        self.tick(event_ms)
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
            routed = self._degraded(rejected, prior, now_ms)
            if routed is not None and routed.decision is not None:
                decision_id = routed.decision.decision_id
                self._emit(key, routed, record)
        self.records.append(self._outputs.dead(rejected, decision_id))

    def _degraded(
        self, rejected: Rejected, prior: Conversation | None, now_ms: int
    ) -> Routed | None:
        """None where a bug spares not even this decision: then the dead letter stands alone."""
        try:
            return self._router.degrade(rejected, prior, now_ms, self._guard)
        except MemoryError:
            raise
        except Exception:
            return None

    def _emit(self, key: str, routed: Routed, record: Record | None) -> None:
        self.routed.append(routed)
        self.records += self._outputs.routed(key, routed, record)
        self._states.put(key, routed.state)
        self._timers.arm(key, next_due_ms(routed.state))
        if routed.escalations:
            self.urgent = True

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


def _addressed(outcome: Understood | Turn | FeedbackTurn) -> tuple[Record, str, int]:
    """The record of an outcome, its conversation's key and its event time."""
    turn = outcome.turn if isinstance(outcome, Understood) else outcome
    return turn.record, turn.key, turn.event_ms
