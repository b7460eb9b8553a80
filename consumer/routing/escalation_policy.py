"""When an escalation opens and ends, compiled from the rules. Keeps no state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from msgspec import Struct

from consumer.contract.decision import Target
from consumer.contract.known_values import ESCALATION_KINDS
from consumer.routing.phrases import PhraseList
from consumer.routing.route_compiler import ACTIONS, Surroundings, compile_target, compile_text
from consumer.routing.rules_error import RuleMistakeError
from consumer.routing.rules_parts import compile_phrases
from consumer.routing.rules_schema import (
    AngerSpec,
    EscalationSpec,
    GuardsSpec,
    HumanRequestSpec,
    PhrasesSpec,
    SlaBreachSpec,
)
from consumer.routing.templates import TextPair
from consumer.routing.timestamps import MS_PER_S
from consumer.routing.yaml_source import Path

ANGER = "anger"
HUMAN_REQUEST = "human_request"
BOT_LOOP = "bot_loop"
VIP = "vip"
SLA_BREACH = "sla_breach"
REPEAT_CONTACT = "repeat_contact"
# What a person's turn ends: it is the very thing that was missing.
ENDED_BY_PERSON = frozenset((HUMAN_REQUEST, BOT_LOOP, SLA_BREACH))
MAX_SEVERITY = 4
TONES = ("apologetic", "calm", "neutral")
NEVER = 0
MS_PER_MINUTE = 60_000
UNREACHABLE = 2.0  # no score is above 1


class Summary(Struct, frozen=True, gc=False):
    """What the sentence about an escalation may tell."""

    score: float
    turns: int
    severity: int
    peak: float
    category: str
    intent: str
    tier: str
    language: str


SUMMARY_VALUES: Mapping[str, Callable[[Summary], str]] = {
    "score": lambda s: f"{s.score:.2f}",
    "turns": lambda s: str(s.turns),
    "severity": lambda s: str(s.severity),
    "peak": lambda s: f"{s.peak:.2f}",
    "category": lambda s: s.category,
    "intent": lambda s: s.intent,
    "tier": lambda s: s.tier,
    "language": lambda s: s.language,
}


class RateLimits(NamedTuple):
    """One opening an interval, and so far ahead of that at most."""

    interval_ms: int
    ahead_ms: int


@dataclass(frozen=True, slots=True)
class Policy:
    """One kind's policy. `fast` above 1 is never reached; `exit_turns` 0 means no calm end.

    Anger counts only in turns whose P(complaint) is `complaint_from` or more.
    """

    kind: str
    id: str
    enter: float
    enter_turns: int
    enter_gap: int
    fast: float
    exit_below: float
    exit_turns: int
    hold_ms: int
    grace_ms: int
    complaint_from: float
    cool_down_ms: int
    ack_ms: int
    remind_ms: int
    remind_times: int
    expire_ms: int
    severity: tuple[tuple[float, int], ...]
    vip_delta: int
    vip_tiers: frozenset[str]
    yields_to: frozenset[str]
    limits: RateLimits
    action: str
    targets: Mapping[str, Target]
    tone: str
    suppress_recommendations: bool
    summary: TextPair[Summary]
    intent: str
    phrases: PhraseList | None

    def enters(self, score: float, turns: int) -> bool:
        """Whether this score, held for so many turns, opens an escalation."""
        return score >= self.fast or (score >= self.enter and turns >= self.enter_turns)

    def severity_of(self, score: float, tier: str) -> int:
        """1..4, 4 is the worst."""
        level = self.severity[0][1]
        for bound, at_level in self.severity:
            if score >= bound:
                level = at_level
        if tier in self.vip_tiers:
            level += self.vip_delta
        return min(level, MAX_SEVERITY)


def compile_policy(
    spec: EscalationSpec, path: Path, around: Surroundings, guards: GuardsSpec
) -> Policy:
    """The policy of one escalation.

    Raises:
        RuleMistakeError: no gap between enter and exit, or times that cannot work.
    """
    _check(spec, path)
    recommended = spec.recommended
    return Policy(
        kind=str(spec.__struct_config__.tag),
        id=spec.id,
        enter=spec.enter.score,
        enter_turns=spec.enter.turns,
        enter_gap=spec.enter.gap,
        fast=spec.fast.score if isinstance(spec, AngerSpec) and spec.fast else UNREACHABLE,
        exit_below=spec.exit.below if spec.exit else 0.0,
        exit_turns=spec.exit.turns if spec.exit else NEVER,
        hold_ms=spec.hold_s * MS_PER_S,
        grace_ms=spec.grace_s * MS_PER_S if isinstance(spec, SlaBreachSpec) else 0,
        complaint_from=spec.complaint_from if isinstance(spec, AngerSpec) else 0.0,
        cool_down_ms=spec.cool_down_s * MS_PER_S,
        ack_ms=spec.ack_within_s * MS_PER_S,
        remind_ms=(spec.remind_every_s or spec.ack_within_s) * MS_PER_S,
        remind_times=spec.remind_times,
        expire_ms=spec.expire_after_s * MS_PER_S,
        severity=tuple((step.score, step.level) for step in spec.severity),
        vip_delta=spec.vip_delta,
        vip_tiers=frozenset(spec.vip_tiers),
        yields_to=frozenset(spec.yields_to),
        limits=_limits(guards),
        action=recommended.action,
        targets=compile_target(recommended.target, (*path, "recommended", "target"), around),
        tone=recommended.tone,
        suppress_recommendations=recommended.suppress_recommendations,
        summary=compile_text(spec.summary.en, spec.summary.zh, (*path, "summary"), SUMMARY_VALUES),
        intent=spec.intent if isinstance(spec, HumanRequestSpec) else "",
        phrases=_phrases(spec.phrases, (*path, "phrases"))
        if isinstance(spec, HumanRequestSpec)
        else None,
    )


def _limits(guards: GuardsSpec) -> RateLimits:
    interval_ms = -(-MS_PER_MINUTE // guards.opens_per_minute)
    return RateLimits(interval_ms, interval_ms * (guards.burst - 1))


def _check(spec: EscalationSpec, path: Path) -> None:
    if spec.exit is not None and spec.exit.below >= spec.enter.score:
        problem = f"{spec.exit.below} is not below the enter score {spec.enter.score}"
        raise RuleMistakeError((*path, "exit", "below"), problem)
    if isinstance(spec, AngerSpec):
        if spec.fast is not None and spec.fast.score < spec.enter.score:
            problem = f"{spec.fast.score} is below the enter score {spec.enter.score}"
            raise RuleMistakeError((*path, "fast", "score"), problem)
    elif isinstance(spec, HumanRequestSpec) and spec.enter.turns != 1:
        raise RuleMistakeError(
            (*path, "enter", "turns"), "a request for a person counts at once: 1"
        )
    if spec.ack_within_s >= spec.expire_after_s:
        problem = f"{spec.ack_within_s} is not before expire_after_s {spec.expire_after_s}"
        raise RuleMistakeError((*path, "ack_within_s"), problem)
    if spec.hold_s >= spec.expire_after_s:
        problem = f"{spec.hold_s} is not before expire_after_s {spec.expire_after_s}"
        raise RuleMistakeError((*path, "hold_s"), problem)
    bounds = [step.score for step in spec.severity]
    if bounds != sorted(set(bounds)):
        raise RuleMistakeError((*path, "severity"), "scores must rise from step to step")
    for index, kind in enumerate(spec.yields_to):
        if kind not in ESCALATION_KINDS:
            problem = f"{kind!r} is none of {', '.join(ESCALATION_KINDS)}"
            raise RuleMistakeError((*path, "yields_to", index), problem)
    for name, known in (("action", ACTIONS), ("tone", TONES)):
        value = getattr(spec.recommended, name)
        if value not in known:
            problem = f"{value!r} is none of {', '.join(known)}"
            raise RuleMistakeError((*path, "recommended", name), problem)


def _phrases(by_language: Mapping[str, PhrasesSpec], path: Path) -> PhraseList | None:
    if not by_language:
        return None
    return compile_phrases(by_language, path)
