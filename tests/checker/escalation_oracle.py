"""What becomes of a conversation's escalations, computed again from the documented state machine.

Knows kinds, ids, sequence numbers, severities and resolutions; not the sentences.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.checker.mood_oracle import Curve
from tests.checker.policy import VIPS, WORST, Policy
from tests.checker.said import Said

# The namespace of all ids of the contract.
NAMESPACE = uuid.UUID("8f2c1d5e-6b7a-5c43-9e10-4d2a7b9c6e01")
ASKED = 0.9
ANGER = "anger"
HUMAN_REQUEST = "human_request"
BOT_LOOP = "bot_loop"
VIP = "vip"
ENDED_BY_PERSON = (HUMAN_REQUEST, BOT_LOOP)
KEPT_REPLIES = 3
SAME = 1.0


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
    hot_ms: int
    calm_ms: int | None = None
    seq: int = 1
    calm_turns: int = 0
    person: bool = False
    answered: bool = False
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
        due = min(self.remind_ms, self.expires_ms) if self.reminders else self.expires_ms
        return due if self.calm_ms is None else min(due, self.calm_ms)

    @property
    def calm_end(self) -> str:
        """How it ends when the customer is calm."""
        return "human_took_over" if self.person else "de_escalated"


@dataclass(slots=True)
class Escalations:
    """Those of one conversation."""

    policies: Mapping[str, Policy]
    open: list[Open] = field(default_factory=list)
    cooling: dict[str, int] = field(default_factory=dict)
    replies: list[str] = field(default_factory=list)

    def customer(self, said: Said, curve: Curve, at_ms: int) -> Iterator[Event]:
        """A customer turn, after the curve has taken it in."""
        if not said.readable:
            self._keep_alive(at_ms)
            return
        scores = self._scores(said)
        held = {one.policy.kind for one in self.open}
        for one in list(self.open):
            smoothed = curve.anger if one.policy.kind == ANGER else 0.0
            yield from self._continue(one, scores[one.policy.kind], smoothed, said, at_ms)
        turns = {ANGER: curve.angry_turns, BOT_LOOP: curve.unresolved_turns}
        for kind, policy in self.policies.items():
            if kind in held or not policy.enters(scores[kind], turns.get(kind, 1)):
                continue
            if any(one.policy.kind in policy.yields_to for one in self.open):
                continue
            if at_ms >= self.cooling.get(kind, at_ms):
                self.cooling.pop(kind, None)
                yield self._open(policy, scores[kind], said, at_ms)

    def reply(self, said: Said) -> None:
        """Somebody of the service wrote: a bot says something, a person begins anew."""
        if said.bot:
            self.replies = [*self.replies, said.text][-KEPT_REPLIES:]
        elif said.agent:
            self.replies = []

    def forget(self) -> None:
        """The conversation was closed."""
        self.replies = []

    def _scores(self, said: Said) -> dict[str, float]:
        repeats = len(set(self.replies)) < len(self.replies) and not said.thanks
        anger = self.policies.get(ANGER)
        felt = said.anger
        if anger is not None and said.complaint < anger.complaint_from:
            felt = min(felt, anger.exit_below)
        return {
            ANGER: felt,
            HUMAN_REQUEST: ASKED if said.asks else 0.0,
            VIP: said.complaint if said.tier in VIPS else 0.0,
            "repeat_contact": 0.0,  # the test traffic tells of no earlier contacts
            BOT_LOOP: SAME if repeats else 0.0,
        }

    def agent(self, at_ms: int) -> Iterator[Event]:
        """A person of the service wrote."""
        for one in list(self.open):
            if one.policy.kind in ENDED_BY_PERSON:
                yield self._resolve(one, "human_took_over", at_ms)
                continue
            one.expires_ms = at_ms + one.policy.expire_ms
            one.person = one.answered = True
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
            if at_ms == one.calm_ms:
                yield at_ms, self._resolve(one, one.calm_end, at_ms)
                continue
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
        entered = score >= policy.enter
        one.calm_turns = one.calm_turns + 1 if calm else 0
        one.expires_ms = at_ms + policy.expire_ms
        one.hot_ms = at_ms if entered else one.hot_ms
        over = calm and one.calm_turns >= policy.exit_turns and smoothed < policy.exit_below
        one.calm_ms = one.hot_ms + policy.hold_ms if over else None
        if one.calm_ms is not None and at_ms >= one.calm_ms:
            yield self._resolve(one, one.calm_end, at_ms)
            return
        renewed = one.severity + 1 if entered and one.answered else 0
        one.answered = one.answered and not entered
        level = max(policy.level(score, said.tier), min(renewed, WORST)) if entered else 0
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
            at_ms,
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
