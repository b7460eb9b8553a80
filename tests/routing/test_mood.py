"""The mood formula: bounded, in order, and by hand for a short conversation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.routing.conversation import NEW_CONVERSATION, Conversation
from consumer.routing.mood import ANGER_WEIGHT, SENTIMENT_WEIGHT, after_turn, trend, unchanged

TURN = st.tuples(st.floats(-1, 1), st.floats(0, 1), st.booleans())


def applied(
    state: Conversation, values: tuple[float, float, float, float, int, int]
) -> Conversation:
    return Conversation(1, 0, -1, -1, 0, 0, state.customer_turns + 1, *values)


def test_the_first_turn_is_the_mood() -> None:
    values = after_turn(NEW_CONVERSATION, -0.5, 0.25, negative=True, angry_from=0.5)
    assert values == (-0.5, -0.5, 0.25, 0.25, 1, 0)


def test_half_of_a_mood_is_left_after_two_turns_and_of_anger_after_one() -> None:
    state = applied(NEW_CONVERSATION, after_turn(NEW_CONVERSATION, -1.0, 1.0, True, 0.5))
    state = applied(state, after_turn(state, 0.0, 0.0, False, 0.5))
    assert state.anger == pytest.approx(0.5)
    state = applied(state, after_turn(state, 0.0, 0.0, False, 0.5))
    assert state.mood == pytest.approx(-0.5, abs=1e-3)
    assert state.anger == pytest.approx(0.25)
    assert pytest.approx(0.5) == (1 - SENTIMENT_WEIGHT) ** 2
    assert pytest.approx(0.5) == 1 - ANGER_WEIGHT


def test_streaks_count_turns_in_a_row_and_the_peak_stays() -> None:
    state = NEW_CONVERSATION
    for anger, negative in ((0.6, True), (0.7, True), (0.1, False), (0.5, True)):
        state = applied(state, after_turn(state, -0.2, anger, negative, 0.5))
    assert (state.negative_streak, state.angry_turns, state.anger_peak) == (1, 1, 0.7)


def test_a_turn_that_cannot_be_read_leaves_the_mood() -> None:
    state = applied(NEW_CONVERSATION, after_turn(NEW_CONVERSATION, -0.4, 0.8, True, 0.5))
    assert applied(state, unchanged(state)).mood == state.mood
    assert unchanged(state) == (-0.4, -0.4, 0.8, 0.8, 1, 1)


@given(st.lists(TURN, min_size=1, max_size=40))
def test_values_stay_in_their_bounds(turns: list[tuple[float, float, bool]]) -> None:
    state = NEW_CONVERSATION
    for sentiment, anger, negative in turns:
        state = applied(state, after_turn(state, sentiment, anger, negative, 0.5))
        assert -1 <= state.mood <= 1
        assert 0 <= state.anger <= 1
        assert state.anger_peak >= anger
        assert -1 <= trend(state.mood, state.mood_begin) <= 1


@given(st.floats(-1, 1), st.floats(0, 1), st.integers(1, 30))
def test_an_even_conversation_keeps_its_mood(sentiment: float, anger: float, turns: int) -> None:
    state = NEW_CONVERSATION
    for _ in range(turns):
        state = applied(state, after_turn(state, sentiment, anger, False, 0.5))
    assert state.mood == pytest.approx(sentiment, abs=1e-3)
    assert state.anger == pytest.approx(anger, abs=1e-3)
    assert trend(state.mood, state.mood_begin) == pytest.approx(0, abs=1e-3)
