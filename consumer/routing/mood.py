"""The conversation's mood after each customer turn. One formula, event order only, no text.

With s the turn's sentiment (-1..1) and a its anger (0..1), for each customer turn that can be read:

    mood  <- s for the first turn, then mood + w_s (s - mood),    w_s = 1 - 2^(-1 / 2 turns)
    anger <- a for the first turn, then anger + w_a (a - anger),  w_a = 1 - 2^(-1 / 1 turn)
    trend  = (mood - mood_begin) / 2, where mood_begin is the mood after the first turn
    negative_streak = customer turns in a row with a negative label
    angry_turns     = customer turns in a row with a >= the anger policy's enter threshold
    anger_peak      = the largest a so far

A turn that cannot be read (no words, unsupported language) counts as a turn and changes no mood;
as the first one it begins the conversation at 0. Averages keep mood in -1..1 and anger in 0..1.
Values are kept to four decimals, so that a restored state equals the one in memory.
"""

from consumer.contract.decision import Mood
from consumer.routing.conversation import Conversation

SENTIMENT_HALF_LIFE_TURNS = 2.0
ANGER_HALF_LIFE_TURNS = 1.0
SENTIMENT_WEIGHT = 1.0 - 2.0 ** (-1.0 / SENTIMENT_HALF_LIFE_TURNS)
ANGER_WEIGHT = 1.0 - 2.0 ** (-1.0 / ANGER_HALF_LIFE_TURNS)
DECIMALS = 4

MoodValues = tuple[float, float, float, float, int, int]


def after_turn(
    state: Conversation, sentiment: float, anger: float, negative: bool, angry_from: float
) -> MoodValues:
    """(mood, mood_begin, anger, anger_peak, negative_streak, angry_turns) after a customer turn."""
    angry_turns = state.angry_turns + 1 if anger >= angry_from else 0
    if not state.customer_turns:
        return sentiment, sentiment, anger, anger, int(negative), angry_turns
    mood = round(state.mood + SENTIMENT_WEIGHT * (sentiment - state.mood), DECIMALS)
    weighted = round(state.anger + ANGER_WEIGHT * (anger - state.anger), DECIMALS)
    peak = state.anger_peak if state.anger_peak > anger else anger
    streak = state.negative_streak + 1 if negative else 0
    return mood, state.mood_begin, weighted, peak, streak, angry_turns


def unchanged(state: Conversation) -> MoodValues:
    """The same values, after a turn whose mood cannot be read."""
    return (
        state.mood,
        state.mood_begin,
        state.anger,
        state.anger_peak,
        state.negative_streak,
        state.angry_turns,
    )


def trend(mood: float, mood_begin: float) -> float:
    """How far the mood has moved since the beginning, -1..1; below 0 it got worse."""
    if mood == mood_begin:  # every first turn; rounding is dear, even that of zero
        return 0.0
    return round((mood - mood_begin) / 2.0, DECIMALS)


def describe(state: Conversation, repeat_contact: bool) -> Mood:
    """The mood of a state as decisions carry it."""
    return Mood(
        state.turns,
        state.customer_turns,
        state.mood,
        state.mood_begin,
        trend(state.mood, state.mood_begin),
        state.negative_streak,
        state.anger_peak,
        repeat_contact,
    )
