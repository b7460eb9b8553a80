"""What was sent back survives as one offset and a short text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.kafka.sent_offsets import MAX_METADATA_CHARACTERS, SentOffsets


def test_a_prefix_needs_no_metadata() -> None:
    sent = SentOffsets([(0, 40)])
    assert (sent.first_unsent, sent.metadata) == (40, "")


def test_what_was_sent_behind_a_letter_left_out_is_a_gap_and_a_run() -> None:
    sent = SentOffsets([(0, 4), (6, 9)])
    assert (sent.first_unsent, sent.metadata) == (4, "2-3")


def test_a_group_without_an_offset_has_sent_nothing() -> None:
    assert SentOffsets.read(-1001, "").first_unsent == 0


def test_filling_the_gap_moves_the_offset() -> None:
    sent = SentOffsets.read(4, "2-3")
    sent.mark(4, 6)
    assert (sent.first_unsent, sent.metadata) == (9, "")


@pytest.mark.parametrize("metadata", ["x", "1-2-3", "router-7", "-"])
def test_metadata_of_others_is_refused(metadata: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        SentOffsets.read(4, metadata)


@given(st.sets(st.integers(0, 300)))
def test_every_set_of_offsets_comes_back(offsets: set[int]) -> None:
    sent = SentOffsets([(offset, offset + 1) for offset in offsets])
    again = SentOffsets.read(sent.first_unsent, sent.metadata)
    assert {offset for offset in range(302) if offset in again} == offsets


def test_a_thousand_letters_of_two_reasons_in_turn_still_fit() -> None:
    sent = SentOffsets([(offset, offset + 1) for offset in range(1, 1_801, 2)])
    assert len(sent.metadata) <= MAX_METADATA_CHARACTERS
