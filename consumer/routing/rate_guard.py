"""Bounds how many escalations may open: a flood of alerts is read by nobody.

One meter for each kind and partition, in event time: an opening moves the kind's next free time by
one interval, and it passes while that is at most a burst ahead of the event's time (the generic
cell rate algorithm, ITU-T I.371). So a meter is one number, whatever the traffic. A request for a
person and severity 4 always pass; they still count.
"""

from collections.abc import Collection, Mapping
from typing import Protocol

from consumer.routing.escalation_policy import HUMAN_REQUEST, MAX_SEVERITY, MS_PER_MINUTE, Policy

FARTHEST_AHEAD_MS = 60 * MS_PER_MINUTE

Meters = dict[str, int]


class Guard(Protocol):
    """Says whether one more escalation may open."""

    def admits(self, policy: Policy, severity: int, at_ms: int) -> bool:
        """Whether it may, at this event time. Asked once for each that would open."""
        ...


class RateGuard:
    """The meters of one partition. `meters` holds the event time from which a kind is free."""

    __slots__ = ("meters",)

    def __init__(self, meters: Mapping[str, int] | None = None) -> None:
        self.meters: Meters = dict(meters or {})

    def admits(self, policy: Policy, severity: int, at_ms: int) -> bool:
        """Whether it may; if so, its kind's meter moves."""
        kind, limits = policy.kind, policy.limits
        next_free = max(self.meters.get(kind, at_ms), at_ms)
        is_exempt = kind == HUMAN_REQUEST or severity >= MAX_SEVERITY
        if next_free - at_ms > limits.ahead_ms and not is_exempt:
            return False
        # What always passes must not shut the others out for ever.
        self.meters[kind] = min(next_free + limits.interval_ms, at_ms + FARTHEST_AHEAD_MS)
        return True


class HeldBack:
    """Answers as a partition's guard did once: for deciding again from a decision."""

    __slots__ = ("_kinds",)

    def __init__(self, kinds: Collection[str]) -> None:
        self._kinds = kinds

    def admits(self, policy: Policy, severity: int, at_ms: int) -> bool:
        """Whether it let this kind pass."""
        del severity, at_ms
        return policy.kind not in self._kinds
