"""Words that plainly ask for a person, in both languages, and those that only sound like it."""

import pytest

from consumer.routing.human_request import PhraseList
from consumer.routing.rules import default_ruleset


@pytest.fixture(scope="module")
def phrases() -> PhraseList:
    found = default_ruleset().policies["human_request"].phrases
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        "转人工",
        "链接打不开，转人工",
        "我要找人工客服处理",
        "人工！",
        "真人",
        "帮我转接人工谢谢",
        "Transfer me to a human please",
        "agent please",
        "AGENT",
        "I want to talk to a REAL PERSON.",
        "let me speak to a manager",
    ],
)
def test_a_plain_request_is_found(phrases: PhraseList, text: str) -> None:
    assert phrases.find(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "不用转人工了，已经好了",
        "晚上有人在吗",
        "is anyone there at night?",
        "your agent was rude yesterday",
        "人工客服态度很差",
        "the travel agent booked it",
        "I don't want to talk to a human agent",
        "pay with a humanitarian voucher",
    ],
)
def test_what_only_sounds_like_one_is_not(phrases: PhraseList, text: str) -> None:
    assert phrases.find(text) is None


def test_every_phrase_can_be_found(phrases: PhraseList) -> None:
    for phrase, _ in phrases.contains:
        assert phrases.find(f"... {phrase} ...") is not None
    for phrase in phrases.whole:
        assert phrases.find(f" {phrase}!") == phrase
