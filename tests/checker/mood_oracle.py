"""The mood of a conversation, computed again from its documented formula.

    mood  <- s for the first turn, then mood + (1 - k 2^(-1/2)) (s - mood)
    anger <- a for the first turn, then anger + (1 - k 2^(-1/1)) (a - anger)

with s the turn's sentiment, a its anger and k = 2^(-minutes since mood last moved / 30), to four
decimals, halves away from zero; a turn that cannot be read counts as one and changes nothing else.
"""

import math
from dataclasses import dataclass, replace

from tests.checker.policy import Policy
from tests.checker.said import Said

SCALE = 10_000
HALF = 0.5
HALF_LIFE_OF_MOOD_TURNS = 2
HALF_LIFE_OF_ANGER_TURNS = 1
HALF_LIFE_MS = 1_800_000


@dataclass(frozen=True, slots=True)
class Curve:
    """Mood and anger after some customer turns."""

    customer_turns: int = 0
    mood: float = 0.0
    mood_begin: float = 0.0
    anger: float = 0.0
    anger_peak: float = 0.0
    negative_streak: int = 0
    angry_turns: int = 0
    unresolved_turns: int = 0
    since_angry: int = 0
    moved_ms: int = 0
    subject: str = ""


def after(curve: Curve, said: Said, anger: Policy | None, at_ms: int) -> Curve:
    """The curve after one more customer turn; `anger` is the policy of that kind."""
    turns = curve.customer_turns + 1
    if not said.readable:
        return replace(curve, customer_turns=turns)
    first = curve.customer_turns == 0
    share = 2.0 ** (-max(0, at_ms - curve.moved_ms) / HALF_LIFE_MS)
    angry_turns, since = _angry(curve, said, anger)
    return Curve(
        turns,
        _average(curve.mood, said.sentiment, share, HALF_LIFE_OF_MOOD_TURNS, first=first),
        said.sentiment if first else curve.mood_begin,
        _average(curve.anger, said.anger, share, HALF_LIFE_OF_ANGER_TURNS, first=first),
        said.anger if first else max(curve.anger_peak, said.anger),
        curve.negative_streak + 1 if said.negative else 0,
        angry_turns,
        _unresolved(curve, said),
        since,
        at_ms,
        said.subject or curve.subject,
    )


def _angry(curve: Curve, said: Said, policy: Policy | None) -> tuple[int, int]:
    """Angry turns with few others between them, and the others since the last."""
    if policy and said.anger >= policy.enter and said.complaint >= policy.complaint_from:
        return curve.angry_turns + 1, 0
    since = curve.since_angry + 1 if curve.angry_turns else 0
    return (0, 0) if policy is None or since > policy.gap else (curve.angry_turns, since)


def _unresolved(curve: Curve, said: Said) -> int:
    """Customer turns since thanks or a new subject."""
    if said.thanks:
        return 0
    is_new = bool(said.subject and curve.subject and said.subject != curve.subject)
    return 1 if is_new and curve.unresolved_turns else curve.unresolved_turns + 1


def _average(old: float, new: float, share: float, half_life_turns: int, *, first: bool) -> float:
    if first:
        return new
    return _rounded(old + (1 - share * 2 ** (-1 / half_life_turns)) * (new - old))


def _rounded(value: float) -> float:
    """Four decimals, halves away from zero."""
    return math.copysign(math.floor(abs(value) * SCALE + HALF) / SCALE, value)
