"""What the service must have made of the input: every decision, dead letter, escalation and state.

Order: messages of a conversation by offset, feedback by offset, the two merged by the time at which
they were written. Whoever makes the input keeps them apart: no message of a conversation is written
while feedback on it may be on its way.
"""

import heapq
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.checker import mood_oracle, said
from tests.checker.escalation_oracle import ANGER, NAMESPACE, Escalations, Event
from tests.checker.history import Coordinates, History
from tests.checker.mood_oracle import Curve
from tests.checker.policy import Policy
from tests.checker.said import Said

NO_OFFSET = -1


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that must exist, with the conversation before and after."""

    said: Said
    decision_id: str
    prior: tuple[int, int, int]
    turns: int
    curve: Curve
    degraded: bool


@dataclass(slots=True)
class Conversation:
    """One conversation, replayed."""

    escalations: Escalations
    seq: int = 0
    messages_offset: int = NO_OFFSET
    feedback_offset: int = NO_OFFSET
    last_event_ms: int = 0
    turns: int = 0
    curve: Curve = field(default_factory=Curve)
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Expected:
    """All that the outputs are compared with."""

    inputs: Mapping[Coordinates, Said]
    decisions: Mapping[Coordinates, Decided]
    dead: Mapping[Coordinates, str]
    conversations: Mapping[str, Conversation]


def expect(
    history: History, policies: Mapping[str, Policy], source: str, until_ms: int
) -> Expected:
    """Replays the input. `until_ms` is the time up to which timers must have fired."""
    heard = [said.message(entry) for entry in history.of(history.names.messages)]
    heard_back = [said.feedback(entry) for entry in history.of(history.names.feedback)]
    replay = _Replay(policies, source)
    for one in _merged(heard, heard_back):
        replay.apply(one, is_message=one.entry.topic == history.names.messages)
    for conversation in replay.conversations.values():
        replay.fire(conversation, until_ms)
    inputs = {one.entry.at: one for one in heard + heard_back}
    return Expected(inputs, replay.decisions, replay.dead, replay.conversations)


def _merged(heard: list[Said], heard_back: list[Said]) -> Iterable[Said]:
    merged = heapq.merge(_by_time(heard), _by_time(heard_back), key=lambda item: item[0])
    return (one for _, one in merged)


def _by_time(records: list[Said]) -> list[tuple[int, Said]]:
    """By time across partitions; a partition's own order is never changed."""
    latest: dict[int, int] = {}
    keyed = []
    for one in records:
        partition, at_ms = one.entry.partition, one.entry.timestamp_ms
        latest[partition] = at_ms = max(latest.get(partition, 0), at_ms)
        keyed.append((at_ms, one))
    return sorted(keyed, key=lambda item: (item[0], item[1].entry.partition, item[1].entry.offset))


class _Replay:
    def __init__(self, policies: Mapping[str, Policy], source: str) -> None:
        self._policies = policies
        self._source = source
        self._anger = policies.get(ANGER)
        self.decisions: dict[Coordinates, Decided] = {}
        self.dead: dict[Coordinates, str] = {}
        self.conversations: dict[str, Conversation] = {}

    def apply(self, one: Said, *, is_message: bool) -> None:
        at = one.entry.at
        if one.kind == "unusable":
            self.dead[at] = one.reason
        if one.key is None:
            return
        state = self.conversations.setdefault(one.key, Conversation(Escalations(self._policies)))
        self.fire(state, one.event_ms)
        prior = (state.seq, state.turns, state.curve.customer_turns)
        state.seq += 1
        state.last_event_ms = max(state.last_event_ms, one.event_ms)
        if not is_message:
            self._feedback(state, one)
            return
        state.messages_offset = one.entry.offset
        self._message(state, one)
        if one.kind in ("customer", "unusable"):
            degraded = one.kind == "unusable" or not one.readable
            self.decisions[at] = Decided(
                one, self._decision_id(at), prior, state.turns, state.curve, degraded
            )

    def fire(self, state: Conversation, until_ms: int) -> None:
        """Timers, each dated when it was due."""
        for at_ms, event in state.escalations.due(until_ms):
            state.seq += 1
            state.last_event_ms = max(state.last_event_ms, at_ms)
            state.events.append(event)

    def _message(self, state: Conversation, one: Said) -> None:
        if one.kind == "customer":
            state.turns += 1
            state.curve = mood_oracle.after(state.curve, one, self._anger, state.last_event_ms)
            state.events += state.escalations.customer(one, state.curve, state.last_event_ms)
        elif one.kind == "other":
            state.turns += 1
            state.escalations.reply(one)
            if one.agent:
                state.events += state.escalations.agent(state.last_event_ms)

    def _feedback(self, state: Conversation, one: Said) -> None:
        state.feedback_offset = one.entry.offset
        state.events += state.escalations.heard(one, state.last_event_ms)
        if one.kind == "conversation.closed":
            state.turns, state.curve = 0, Curve()
            state.escalations.forget()

    def _decision_id(self, at: Coordinates) -> str:
        topic, partition, offset = at
        name = f"routing.decided|{self._source}|{topic}|{partition}|{offset}"
        return str(uuid.uuid5(NAMESPACE, name))
