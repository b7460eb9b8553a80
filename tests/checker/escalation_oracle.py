"""What becomes of a conversation's escalations, computed again from the documented state machine.

Knows kinds, ids, sequence numbers, severities and resolutions; not the sentences.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.checker.mood_oracle import Curve
from tests.checker.policy import Policy
from tests.checker.said import Said

# The namespace of all ids of the contract.
NAMESPACE = uuid.UUID("8f2c1d5e-6b7a-5c43-9e10-4d2a7b9c6e01")
ASKED = 0.9
ANGER = "anger"
HUMAN_REQUEST = "human_request"


@dataclass(frozen=True, slots=True)
class Event:
    """One escalation event, as far as it can be foretold."""

    name: str
    escalation_id: str
    seq: int
    kind: str
    severity: int
    resolution: str = ""


@dataclass(slots=True)
class Open:
    """One open escalation."""

    escalation_id: str
    policy: Policy
    severity: int
    remind_ms: int
    reminders: int
    expires_ms: int
    seq: int = 1
    calm_turns: int = 0
    person: bool = False
    acknowledged: bool = False

    def event(self, name: str, resolution: str = "") -> Event:
        """The event of a change that has just been made."""
        kind = self.policy.kind
        return Event(
            f"escalation.{name}", self.escalation_id, self.seq, kind, self.severity, resolution
        )

    @property
    def due_ms(self) -> int:
        """When its next timer is due."""
        return min(self.remind_ms, self.expires_ms) if self.reminders else self.expires_ms


@dataclass(slots=True)
class Escalations:
    """Those of one conversation."""

    policies: Mapping[str, Policy]
    open: list[Open] = field(default_factory=list)
    cooling: dict[str, int] = field(default_factory=dict)

    def customer(self, said: Said, curve: Curve, at_ms: int) -> Iterator[Event]:
        """A customer turn, after the curve has taken it in."""
        if not said.readable:
            self._keep_alive(at_ms)
            return
        scores = {ANGER: said.anger, HUMAN_REQUEST: ASKED if said.asks else 0.0}
        held = {one.policy.kind for one in self.open}
        for one in list(self.open):
            smoothed = curve.anger if one.policy.kind == ANGER else 0.0
            yield from self._continue(one, scores[one.policy.kind], smoothed, said, at_ms)
        for kind, policy in self.policies.items():
            turns = curve.angry_turns if kind == ANGER else 1
            if kind in held or not policy.enters(scores[kind], turns):
                continue
            if at_ms >= self.cooling.get(kind, at_ms):
                self.cooling.pop(kind, None)
                yield self._open(policy, scores[kind], said, at_ms)

    def agent(self, at_ms: int) -> Iterator[Event]:
        """A person of the service wrote."""
        for one in list(self.open):
            if one.policy.kind == HUMAN_REQUEST:
                yield self._resolve(one, "human_took_over", at_ms)
                continue
            one.expires_ms = at_ms + one.policy.expire_ms
            one.person = True
            yield from _acknowledge(one)

    def heard(self, said: Said, at_ms: int) -> Iterator[Event]:
        """Feedback."""
        for one in list(self.open):
            if said.kind == "conversation.closed":
                yield self._resolve(one, "conversation_closed", None)
            elif one.escalation_id != said.escalation_id:
                continue
            elif said.verdict == "wrong":
                yield self._resolve(one, "manual", at_ms)
            else:
                yield from _acknowledge(one)
        if said.kind == "conversation.closed":
            self.cooling = {}

    def due(self, until_ms: int) -> Iterator[tuple[int, Event]]:
        """Timers due by then, earliest first, each with its due time."""
        while self.open:
            one = min(self.open, key=lambda each: each.due_ms)
            at_ms = one.due_ms
            if at_ms > until_ms:
                return
            if at_ms == one.expires_ms:
                yield at_ms, self._resolve(one, "expired", at_ms)
                continue
            one.seq += 1
            one.reminders -= 1
            one.remind_ms += one.policy.remind_ms
            yield at_ms, one.event("updated")

    def _continue(
        self, one: Open, score: float, smoothed: float, said: Said, at_ms: int
    ) -> Iterator[Event]:
        policy = one.policy
        calm = policy.exit_turns > 0 and score < policy.exit_below
        one.calm_turns = one.calm_turns + 1 if calm else 0
        one.expires_ms = at_ms + policy.expire_ms
        if calm and one.calm_turns >= policy.exit_turns and smoothed < policy.exit_below:
            yield self._resolve(one, "human_took_over" if one.person else "de_escalated", at_ms)
            return
        level = policy.level(score, said.tier) if score >= policy.enter else 0
        if level > one.severity:
            one.severity = level
            one.seq += 1
            yield one.event("updated")

    def _open(self, policy: Policy, score: float, said: Said, at_ms: int) -> Event:
        topic, partition, offset = said.entry.at
        name = f"{said.key}:{policy.kind}|{topic}|{partition}|{offset}"
        one = Open(
            str(uuid.uuid5(NAMESPACE, name)),
            policy,
            policy.level(score, said.tier),
            at_ms + policy.ack_ms,
            policy.remind_times,
            at_ms + policy.expire_ms,
        )
        self.open.append(one)
        return one.event("opened")

    def _resolve(self, one: Open, resolution: str, cool_from_ms: int | None) -> Event:
        self.open.remove(one)
        one.seq += 1
        if cool_from_ms is not None and one.policy.cool_down_ms:
            self.cooling[one.policy.kind] = cool_from_ms + one.policy.cool_down_ms
        return one.event("resolved", resolution)

    def _keep_alive(self, at_ms: int) -> None:
        for one in self.open:
            one.expires_ms = at_ms + one.policy.expire_ms


def _acknowledge(one: Open) -> Iterator[Event]:
    if not one.acknowledged:
        one.acknowledged = True
        one.reminders = 0
        one.seq += 1
        yield one.event("updated")
