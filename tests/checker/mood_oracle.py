"""The mood of a conversation, computed again from its documented formula.

    mood  <- s for the first turn, then mood + (1 - 2^(-1/2)) (s - mood)
    anger <- a for the first turn, then anger + (1 - 2^(-1/1)) (a - anger)

with s the turn's sentiment and a its anger, to four decimals; a turn that cannot be read counts as
a turn and changes nothing else.
"""

from dataclasses import dataclass, replace

from tests.checker.said import Said

DIGITS = 4
HALF_LIFE_OF_MOOD_TURNS = 2
HALF_LIFE_OF_ANGER_TURNS = 1


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


def after(curve: Curve, said: Said, angry_from: float) -> Curve:
    """The curve after one more customer turn."""
    turns = curve.customer_turns + 1
    if not said.readable:
        return replace(curve, customer_turns=turns)
    first = curve.customer_turns == 0
    return Curve(
        turns,
        _average(curve.mood, said.sentiment, HALF_LIFE_OF_MOOD_TURNS, first=first),
        said.sentiment if first else curve.mood_begin,
        _average(curve.anger, said.anger, HALF_LIFE_OF_ANGER_TURNS, first=first),
        said.anger if first else max(curve.anger_peak, said.anger),
        curve.negative_streak + 1 if said.negative else 0,
        curve.angry_turns + 1 if said.anger >= angry_from else 0,
    )


def _average(old: float, new: float, half_life_turns: int, *, first: bool) -> float:
    if first:
        return new
    return round(old + (1 - 2 ** (-1 / half_life_turns)) * (new - old), DIGITS)
