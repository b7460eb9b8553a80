"""The state record: small, exact, and refused where it cannot be read."""

import pytest

from consumer.routing.conversation import (
    NEW_CONVERSATION,
    StateVersionError,
    decode,
    encode,
    next_due_ms,
)
from tests.routing.builders import START_MS, Story

TYPICAL_BYTES = 250
WAITING_BYTES = 330


def test_a_calm_conversation_is_a_small_record() -> None:
    story = Story()
    for at_s in range(8):
        story.says(at_s, anger=0.05)
    assert story.state is not None
    assert len(encode(story.state)) <= WAITING_BYTES
    story.other(9, "agent")
    assert len(encode(story.state)) <= TYPICAL_BYTES


def test_a_state_comes_back_as_it_was_written() -> None:
    story = Story()
    for at_s, anger in enumerate((0.1, 0.333, 0.7, 0.9)):
        story.says(at_s, anger=anger, sentiment="negative")
    assert story.state is not None
    assert story.state.open
    assert decode(encode(story.state)) == story.state


def test_fields_of_a_later_minor_change_are_ignored_and_missing_ones_filled() -> None:
    longer = encode(NEW_CONVERSATION)[:-1] + b',"new"]'
    assert decode(longer) == NEW_CONVERSATION
    assert decode(b"[2,4]").seq == 4


@pytest.mark.parametrize(
    ("damaged", "found"),
    [
        (b"[3,1]", "version 3"),
        (b'[1,"another shape"]', "version 1"),
        (b"{}", "none"),
        (b"", "none"),
        (b'[2,"x"]', "version 2"),
    ],
)
def test_a_record_that_cannot_be_read_is_refused(damaged: bytes, found: str) -> None:
    with pytest.raises(StateVersionError, match=found):
        decode(damaged)


def test_timers_exist_only_while_something_is_open_or_somebody_waits() -> None:
    story = Story()
    story.says(0)
    story.other(1, "bot")
    assert story.state is not None
    assert next_due_ms(story.state) is None
    story.says(10, anger=0.95)
    assert next_due_ms(story.state) == START_MS + (10 + 60) * 1000
