"""Which language a text is in, told by its script. Names only what the models may know.

Han is Chinese and Latin is English; text in another script, with kana, or with many accents is
`und`. Han characters weigh more than letters, as a word has about five of these.
"""

import re
from string import ascii_letters

from consumer.contract.decision import LanguageGuess

UNDETERMINED = "und"
_HAN_WEIGHT = 2.5
_MANY_ACCENTS = 0.05
"""Share of the letters from which Latin text is not English; a café has one in a sentence."""

_FEW_ACCENTS = 2
_SCRIPTS = re.compile(
    "(?P<han>[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002a6df]+)"
    "|(?P<latin>[A-Za-z]+)|(?P<accented>[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]+)"
    "|(?P<kana>[\u3041-\u30ff]+)|(?P<other>[^\\W\\d_]+)"
)
_NEITHER = re.compile("[^\x00-\x7f\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002a6df]+")
_NO_ASCII_LETTERS = bytes(set(range(128)) - set(ascii_letters.encode()))
_NOTHING = LanguageGuess(UNDETERMINED, 0.0)
_PLAIN_ENGLISH = LanguageGuess("en", 1.0)
_PLAIN_CHINESE = LanguageGuess("zh", 1.0)
_ASCII_LETTER = re.compile("[A-Za-z]")


def guess_language(text: str) -> LanguageGuess:
    """Language of a text; `und` with confidence 0 where it has no letters."""
    if text.isascii():
        return _PLAIN_ENGLISH if _ASCII_LETTER.search(text) else _NOTHING
    plain = text.encode("ascii", "ignore")
    rest = "".join(_NEITHER.findall(text))
    if _SCRIPTS.search(rest) is None:  # Han with ASCII and signs, as nearly every Chinese text
        latin = len(plain.translate(None, _NO_ASCII_LETTERS))
        return _chinese_or_english(len(text) - len(plain) - len(rest), latin)
    counts = dict.fromkeys(("han", "latin", "accented", "kana", "other"), 0)
    for match in _SCRIPTS.finditer(text):
        counts[match.lastgroup or "other"] += match.end() - match.start()
    return _by_counts(**counts)


def is_supported(guess: LanguageGuess, languages: tuple[str, ...]) -> bool:
    """Whether the models may be believed; a text without letters is nobody's."""
    return guess.code in languages or guess == _NOTHING


def _chinese_or_english(han: int, latin: int) -> LanguageGuess:
    """What `_by_counts` says where it has nothing else to count."""
    if not latin:
        return _PLAIN_CHINESE if han else _NOTHING
    chinese = han * _HAN_WEIGHT
    share, code = (chinese, "zh") if chinese >= latin else (latin, "en")
    return LanguageGuess(code, round(share / (chinese + latin), 3))


def _by_counts(han: int, latin: int, accented: int, kana: int, other: int) -> LanguageGuess:
    chinese, english = han * _HAN_WEIGHT, float(latin)
    foreign = kana * _HAN_WEIGHT + other
    if accented > _FEW_ACCENTS and accented > _MANY_ACCENTS * (latin + accented):
        foreign, english = foreign + latin + accented, 0.0
    else:
        english += accented
    if kana > han * 0.1:  # Japanese is written with Han too
        foreign, chinese = foreign + chinese, 0.0
    total = chinese + english + foreign
    if not total:
        return _NOTHING
    share, code = max((chinese, "zh"), (english, "en"), (foreign, UNDETERMINED))
    return LanguageGuess(code, round(share / total, 3))
