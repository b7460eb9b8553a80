"""Turns whose words name nothing: answers, numbers, thanks, insults. Closed lists, no model."""

import re

from consumer.contract.decision import AngerGuess, IntentGuess, SentimentGuess

MAX_BARE_CHARACTERS = 32
MAX_THANKS_CHARACTERS = 60
SMALL_TALK = "other"
THANKING_INTENTS = frozenset((SMALL_TALK, "feedback"))
_EDGES = " \t\r\n.,!?;:~。，！？；：、～…\"'“”‘’()（）#"
_INSULT_LEVELS = ("high", "severe")
_ENGLISH_ANSWERS = (
    "yes|yeah|yep|yup|no|nope|ok|okay|sure|right|correct|exactly|fine|both|neither|yes please"
    "|that's right|not yet|that one|the first one|the second one"
)
_CHINESE_ANSWERS = (
    "是|是的|是啊|对|对的|对啊|不对|好|好的|好吧|嗯|嗯嗯|恩|可以|可以的|行|行吧|不行|不|不是|不用"
    "|没|没有|有|有的|要|要的|不要|都行|确认"
)
_ANSWERS = frozenset(f"{_ENGLISH_ANSWERS}|{_CHINESE_ANSWERS}".split("|"))
_FAREWELLS = frozenset(
    ["bye", "goodbye", "bye bye", "see you", "good night", "再见", "拜拜", "晚安", "回见"]
)
_THANKS = re.compile(
    r"\b(?:thanks?|thank you|thx|ty|tysm|ta|cheers|appreciated?|much obliged|3q)\b|谢|辛苦"
)
_NO_THANKS = re.compile(r"\bno,? thanks?\b|thanks for nothing|不用谢|谢谢你们?全家")


def is_thanks(text: str, intent: IntentGuess, sentiment: SentimentGuess, anger: AngerGuess) -> bool:
    """Whether a customer thanks and asks nothing, and means it: nothing negative about it."""
    if intent.status == "ok" and intent.name not in THANKING_INTENTS:
        return False
    if len(text) > MAX_THANKS_CHARACTERS or anger.level != "none" or sentiment.label == "negative":
        return False
    lowered = text.lower()
    if not _may_thank(lowered) or not _THANKS.search(lowered):
        return False
    return not _NO_THANKS.search(lowered)


def _may_thank(lowered: str) -> bool:
    """A quick look: most texts hold none of these. Written out, it costs a third of a loop."""
    if not lowered.isascii():
        return (
            "谢" in lowered
            or "辛苦" in lowered
            or "3q" in lowered
            or "thank" in lowered
            or "thx" in lowered
        )
    return (
        "thank" in lowered
        or "thx" in lowered
        or "ty" in lowered
        or "ta" in lowered
        or "cheers" in lowered
        or "apprec" in lowered
        or "obliged" in lowered
        or "3q" in lowered
    )


def is_bare(text: str, intent: IntentGuess, anger: AngerGuess, *, thanks: bool) -> bool:
    """Whether the words of a turn name no subject of their own."""
    if intent.status == "unsupported_language":
        return False
    is_small_talk = intent.status == "ok" and intent.name == SMALL_TALK
    if intent.status == "ok" and not is_small_talk:
        return False
    if thanks or anger.level in _INSULT_LEVELS:
        return True
    if len(text) > MAX_BARE_CHARACTERS:
        return False
    words = text.strip(_EDGES).lower()
    if is_small_talk:  # sure to name no subject: a fragment goes on with the one there is
        return words not in _FAREWELLS
    return words in _ANSWERS or _is_number(words)


def _is_number(words: str) -> bool:
    """One token that is mostly digits: a number, an order number, a size."""
    digits = sum(map(str.isdigit, words))
    return digits * 2 > len(words) and " " not in words
