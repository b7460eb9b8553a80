"""Words that plainly say something, in both languages, and those that only sound like it."""

import pytest

from consumer.routing.phrases import PhraseList, phrase_list
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
        "I don't want a refund, I want to talk to a human",
        "不要机器人，转人工",
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


CHINESE = phrase_list(["转人工", "要人工", "人工客服", "起诉"], [], [])
ENGLISH = phrase_list(
    ["a human", "real person", "human agent", "transfer me", "sue you", "lawyer"], [], []
)


@pytest.mark.parametrize(
    "text",
    [
        "不用转人工了",
        "不要转人工",
        "不要给我转人工",
        "别给我转人工",
        "先不用转人工",
        "不要人工",
        "不需要人工客服",
        "我不想起诉你们",
        "I don't need a human",
        "I don’t need a human",
        "I do not want to talk to a human",
        "no need to transfer me",
        "please do not transfer me",
        "I would rather solve this without a lawyer",
        "I am not going to sue you",
    ],
)
def test_what_is_negated_is_not_said(text: str) -> None:
    assert (ENGLISH if text.isascii() or "’" in text else CHINESE).find(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "要不要转人工",
        "能不能转人工",
        "怎么还不给我转人工",
        "你们不给我转人工",
        "不要机器人要人工",
        "不要机器人，要人工",
        "需要不需要人工客服",
        "特别想转人工",
        "别的不说，转人工",
        "why don't you transfer me to a human",
        "can't you transfer me",
        "I don't want a refund, I want a human",
        "I don't want a refund I want a human",
        "not a bot but a human please",
        "don't need a human? yes I do: a human, now",
    ],
)
def test_a_negation_reaches_no_further_than_what_it_negates(text: str) -> None:
    assert (ENGLISH if text.isascii() else CHINESE).find(text) is not None


def test_patterns_run_in_linear_time_and_know_negation() -> None:
    found = phrase_list([], [], [], [r"(?:sue|report) (?:you|your company)", r"(a+)+b"])
    assert found.find("I will REPORT YOUR COMPANY") is not None
    assert found.find("I am not going to sue you") is None
    assert found.find("a" * 50_000) is None


@pytest.mark.parametrize("pattern", ["(a", "(?=a)b", r"(a)\1", "a{1,9999}"])
def test_a_pattern_without_a_linear_engine_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="linear time"):
        phrase_list([], [], [], [pattern])
