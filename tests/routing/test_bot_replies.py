"""Whether a bot repeats itself, told from hashes alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.routing.bot_replies import (
    KEPT_REPLIES,
    SKETCH_HASHES,
    after_reply,
    similarity,
    sketch,
)

LOOP = 0.6
RESET = "Please reset your password with the link 'Forgot password' on the page where you log in."
PHONE = "您可以通过短信验证码登录哦。"


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (RESET, RESET, True),
        (RESET, RESET.upper() + "!!", True),
        (RESET, "Sorry. " + RESET, True),
        ("Your order 1234 is on its way!", "Your order 99 is on its way!", True),
        (PHONE, "亲，您可以通过短信验证码登录哦。", True),
        (RESET, "Your parcel is at the sorting centre in Leeds.", False),
        (PHONE, "请问您的订单号是多少？", False),
        ("?", "...", False),
        ("", "", False),
    ],
)
def test_near_equal_replies_are_alike(one: str, other: str, alike: bool) -> None:
    assert (similarity(sketch(one), sketch(other)) >= LOOP) is alike


def test_two_of_the_last_three_replies_are_enough() -> None:
    replies, repeat = after_reply((), RESET)
    assert repeat == 0.0
    replies, repeat = after_reply(replies, "Is there anything else?")
    assert repeat < LOOP
    replies, repeat = after_reply(replies, RESET)
    assert repeat == 1.0
    replies, _ = after_reply(replies, "Good.")
    replies, repeat = after_reply(replies, "An agent will write soon.")
    assert repeat == 0.0 or repeat < LOOP
    assert len(replies) == KEPT_REPLIES


@given(st.text(max_size=80), st.text(max_size=80))
def test_similarity_is_a_share_and_has_no_side(one: str, other: str) -> None:
    first, second = sketch(one), sketch(other)
    assert 0.0 <= similarity(first, second) == similarity(second, first) <= 1.0
    assert len(first) <= SKETCH_HASHES
    assert similarity(first, first) == (1.0 if first else 0.0)
