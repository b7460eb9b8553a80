"""The conversation's mood after each customer turn. One formula, event time only, no text.

With s the turn's sentiment (-1..1), a its anger (0..1) and dt the event time since mood last moved
(never below 0), for each customer turn that can be read:

    k      = 2^(-dt / 30 min)
    mood  <- s for the first turn, then s + k 2^(-1 / 2 turns) (mood - s)
    anger <- a for the first turn, then a + k 2^(-1 / 1 turn) (anger - a)
    trend  = (mood - mood_begin) / 2, where mood_begin is the mood after the first turn
    negative_streak  = customer turns in a row with a negative label
    angry_turns      = customer turns that are angry by the anger policy (a >= its enter score and
                       P(complaint) >= its `complaint_from`), with no more than its `gap` of
                       others in a row between them
    since_angry      = customer turns since the last of those
    anger_peak       = the largest a so far
    unresolved_turns = 0 after thanks, 1 after a turn with a new subject, else one more

A turn that cannot be read (no words, unsupported language) counts as a turn and changes no mood;
as the first one it begins the conversation at 0. Averages keep mood in -1..1 and anger in 0..1.
Values are kept to four decimals (halves away from zero), so that a restored state equals the one
in memory.
`docs/mood.md` works an example.
"""

from consumer.contract.decision import Mood
from consumer.routing.conversation import Conversation
from consumer.routing.decimals import four_decimals

SENTIMENT_HALF_LIFE_TURNS = 2.0
ANGER_HALF_LIFE_TURNS = 1.0
HALF_LIFE_MS = 30.0 * 60 * 1_000
SENTIMENT_KEPT = 2.0 ** (-1.0 / SENTIMENT_HALF_LIFE_TURNS)
ANGER_KEPT = 2.0 ** (-1.0 / ANGER_HALF_LIFE_TURNS)

MoodValues = tuple[float, float, float, float, int, int, int]


def after_turn(
    state: Conversation,
    sentiment: float,
    anger: float,
    negative: bool,
    angry: bool,
    gap: int,
    at_ms: int,
) -> MoodValues:
    """Mood, its beginning, anger, its peak, negative streak, angry turns, and turns since them."""
    angry_turns, since = state.angry_turns, 0
    if angry:
        angry_turns += 1
    elif angry_turns:
        since = state.since_angry + 1
        if since > gap:
            angry_turns = since = 0
    if not state.customer_turns:
        return sentiment, sentiment, anger, anger, int(negative), angry_turns, since
    passed_ms = at_ms - state.mood_ms
    kept: float = 2.0 ** (-passed_ms / HALF_LIFE_MS) if passed_ms > 0 else 1.0
    mood = four_decimals(sentiment + kept * SENTIMENT_KEPT * (state.mood - sentiment))
    weighted = four_decimals(anger + kept * ANGER_KEPT * (state.anger - anger))
    peak = state.anger_peak if state.anger_peak > anger else anger
    streak = state.negative_streak + 1 if negative else 0
    return mood, state.mood_begin, weighted, peak, streak, angry_turns, since


def trend(mood: float, mood_begin: float) -> float:
    """How far the mood has moved since the beginning, -1..1; below 0 it got worse."""
    if mood == mood_begin:  # every first turn; rounding is dear, even that of zero
        return 0.0
    return four_decimals((mood - mood_begin) / 2.0)


def describe(state: Conversation, repeat_contact: bool) -> Mood:
    """The mood of a state as decisions carry it."""
    mood, begin = state.mood, state.mood_begin
    return Mood(
        state.turns,
        state.customer_turns,
        mood,
        begin,
        0.0 if mood == begin else trend(mood, begin),
        state.negative_streak,
        state.anger_peak,
        repeat_contact,
        state.unresolved_turns,
    )
