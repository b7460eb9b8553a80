"""The subject under discussion: what a bare turn ("yes", a number, an insult) is about.

Such a turn takes the conversation's subject where its own words name none. Its confidence is then
the `suggest` bound: sure enough to route, never enough to answer without a person.
"""

from consumer.contract.decision import AngerGuess, IntentGuess

UNSPECIFIC_INTENTS = frozenset(("other", "contact_agent", "feedback"))
MAX_BARE_CHARACTERS = 32
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


def with_subject(
    intent: IntentGuess, text: str, anger: AngerGuess, subject: str, confidence: float
) -> IntentGuess:
    """The intent, taken from the conversation where the message is bare."""
    if not subject or (intent.status == "ok" and intent.name != "other"):
        return intent
    if intent.status == "unsupported_language" or not _is_bare(text, anger):
        return intent
    return IntentGuess(subject, confidence, 0.0, intent.candidates, "ok", "conversation")


def next_subject(subject: str, intent: IntentGuess) -> str:
    """The subject after a turn: the last one that somebody named clearly."""
    if intent.status != "ok" or intent.name in UNSPECIFIC_INTENTS:
        return subject
    return intent.name


def _is_bare(text: str, anger: AngerGuess) -> bool:
    if anger.level in _INSULT_LEVELS:
        return True
    if len(text) > MAX_BARE_CHARACTERS:
        return False
    words = text.strip(_EDGES).lower()
    return words in _ANSWERS or _is_number(words)


def _is_number(words: str) -> bool:
    """One token that is mostly digits: a number, an order number, a size."""
    digits = sum(map(str.isdigit, words))
    return digits * 2 > len(words) and " " not in words
