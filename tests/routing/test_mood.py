"""The mood formula: bounded, in event time, and by hand for a short conversation."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from consumer.routing.conversation import NEW_CONVERSATION, Conversation
from consumer.routing.mood import after_turn, trend

PAGE = Path(__file__).parents[2] / "docs" / "mood.md"
ROW = re.compile(r"^\|\s*\d+\s*\|(.+)\|$", re.MULTILINE)
MINUTE_MS = 60_000
HALF_HOUR_MS = 30 * MINUTE_MS
ANGRY = 0.4
TURN = st.tuples(st.floats(-1, 1), st.floats(0, 1), st.booleans(), st.integers(-10, 10**9))


def felt(
    state: Conversation,
    sentiment: float,
    anger: float,
    negative: bool = False,
    at_ms: int = 0,
    gap: int = 1,
) -> Conversation:
    """The state after one turn, as far as mood goes."""
    values = after_turn(state, sentiment, anger, negative, anger >= ANGRY, gap, at_ms)
    mood, begin, weighted, peak, streak, angry_turns, since = values
    return replace(
        state,
        customer_turns=state.customer_turns + 1,
        mood=mood,
        mood_begin=begin,
        anger=weighted,
        anger_peak=peak,
        negative_streak=streak,
        angry_turns=angry_turns,
        since_angry=since,
        mood_ms=max(at_ms, state.mood_ms),
    )


def test_the_first_turn_is_the_mood() -> None:
    state = felt(NEW_CONVERSATION, -0.5, 0.25, negative=True)
    assert (state.mood, state.mood_begin, state.anger, state.anger_peak) == (-0.5, -0.5, 0.25, 0.25)
    assert (state.negative_streak, state.angry_turns) == (1, 0)


def test_half_of_a_mood_is_left_after_two_turns_and_of_anger_after_one() -> None:
    state = felt(NEW_CONVERSATION, -1.0, 1.0)
    state = felt(state, 0.0, 0.0)
    assert state.anger == pytest.approx(0.5)
    state = felt(state, 0.0, 0.0)
    assert state.mood == pytest.approx(-0.5, abs=1e-3)
    assert state.anger == pytest.approx(0.25)


def test_half_of_what_is_left_goes_with_every_half_hour() -> None:
    angry = felt(NEW_CONVERSATION, -1.0, 1.0)
    at_once, later = felt(angry, 0.0, 0.0), felt(angry, 0.0, 0.0, at_ms=HALF_HOUR_MS)
    assert later.anger == pytest.approx(at_once.anger / 2)
    assert later.mood == pytest.approx(at_once.mood / 2, abs=1e-4)


def test_a_late_turn_counts_as_one_that_came_at_once() -> None:
    angry = felt(NEW_CONVERSATION, -1.0, 1.0, at_ms=HALF_HOUR_MS)
    assert felt(angry, 0.0, 0.0, at_ms=0).anger == felt(angry, 0.0, 0.0, at_ms=HALF_HOUR_MS).anger


def test_streaks_count_turns_in_a_row_and_the_peak_stays() -> None:
    state = NEW_CONVERSATION
    for anger, negative in ((0.6, True), (0.7, True), (0.1, False), (0.5, True)):
        state = felt(state, -0.2, anger, negative, gap=0)
    assert (state.negative_streak, state.angry_turns, state.anger_peak) == (1, 1, 0.7)


@pytest.mark.parametrize(
    ("curve", "gap", "angry_turns"),
    [
        ((0.6, 0.1, 0.6), 0, 1),
        ((0.6, 0.1, 0.6), 1, 2),
        ((0.6, 0.1, 0.1, 0.6), 1, 1),
        ((0.6, 0.1, 0.1, 0.6), 2, 2),
        ((0.6, 0.1, 0.6, 0.1, 0.6), 1, 3),
        ((0.6, 0.1, 0.1), 1, 0),
    ],
)
def test_few_calm_turns_between_do_not_end_the_anger(
    curve: tuple[float, ...], gap: int, angry_turns: int
) -> None:
    state = NEW_CONVERSATION
    for anger in curve:
        state = felt(state, 0.0, anger, gap=gap)
    assert state.angry_turns == angry_turns


@given(st.lists(TURN, min_size=1, max_size=40))
def test_values_stay_in_their_bounds(turns: list[tuple[float, float, bool, int]]) -> None:
    state, at_ms = NEW_CONVERSATION, 0
    for sentiment, anger, negative, passed_ms in turns:
        at_ms = max(at_ms + passed_ms, 0)
        state = felt(state, sentiment, anger, negative, at_ms)
        assert -1 <= state.mood <= 1
        assert 0 <= state.anger <= 1
        assert state.anger_peak >= anger
        assert -1 <= trend(state.mood, state.mood_begin) <= 1


@given(st.floats(-1, 1), st.floats(0, 1), st.integers(1, 30), st.integers(0, 10**7))
def test_an_even_conversation_keeps_its_mood(
    sentiment: float, anger: float, turns: int, passed_ms: int
) -> None:
    state = NEW_CONVERSATION
    for turn in range(turns):
        state = felt(state, sentiment, anger, at_ms=turn * passed_ms)
    assert state.mood == pytest.approx(sentiment, abs=1e-3)
    assert state.anger == pytest.approx(anger, abs=1e-3)
    assert trend(state.mood, state.mood_begin) == pytest.approx(0, abs=1e-3)


def test_the_worked_example_of_the_page_is_what_the_code_computes() -> None:
    state, rows = NEW_CONVERSATION, ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len(rows) == 5
    for row in rows:
        minute, sentiment, anger, mood, weighted, moved, streak, angry = map(float, row.split("|"))
        state = felt(state, sentiment, anger, sentiment < 0, round(minute * MINUTE_MS))
        assert (state.mood, state.anger) == (mood, weighted)
        assert trend(state.mood, state.mood_begin) == moved
        assert (state.negative_streak, state.angry_turns) == (streak, angry)
