"""Finds the words that plainly say something: closed lists from the rules, no model.

A hit does not count where a negation stands before it in the same clause ("I don't need a human",
不用转人工), nor where a phrase of `unless` stands anywhere. Patterns run on RE2, in linear time.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import re2

from consumer.routing.negation import is_negated

MAX_WHOLE_CHARACTERS = 32
MIN_NEEDLE_CHARACTERS = 5
MAX_PATTERN_MEMORY = 1 << 20
_EDGES = " \t\r\n.,!?;:~。，！？；：、～…\"'“”‘’()（）"
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = MAX_PATTERN_MEMORY


@dataclass(frozen=True, slots=True)
class PhraseList:
    """`contains` anywhere as words of their own, `whole` as the whole message; `unless` cancels.

    Every phrase of `contains` holds one of the few `needles`: most messages hold none. Only those
    of ASCII can be in a text of ASCII, only those without letters in one that has none that know
    case: most Chinese texts.
    """

    needles: tuple[str, ...]
    ascii_needles: tuple[str, ...]
    caseless_needles: tuple[str, ...]
    contains: tuple[tuple[str, re.Pattern[str]], ...]
    whole: frozenset[str]
    unless: tuple[str, ...]
    patterns: tuple[re2._Regexp, ...] = ()

    def find(self, text: str) -> str | None:
        """The phrase of the list that the text holds (for a pattern: itself), or None."""
        lowered = text.lower()
        if lowered.isascii():
            needles = self.ascii_needles
        else:
            needles = self.needles if lowered.islower() else self.caseless_needles
        if any(map(lowered.__contains__, needles)):
            found = self._find_phrase(lowered)
            if found is not None:
                return found
        if len(lowered) <= MAX_WHOLE_CHARACTERS and self.whole:
            words = lowered.strip(_EDGES)
            if words in self.whole:
                return words
        return self._find_pattern(lowered) if self.patterns else None

    def _find_phrase(self, lowered: str) -> str | None:
        for phrase, pattern in self.contains:
            if phrase in lowered and self._stands(lowered, _starts(pattern, lowered)):
                return phrase
        return None

    def _find_pattern(self, lowered: str) -> str | None:
        for pattern in self.patterns:
            if self._stands(lowered, (match.start() for match in pattern.finditer(lowered))):
                return str(pattern.pattern)
        return None

    def _stands(self, lowered: str, starts: Iterable[int]) -> bool:
        """Whether one of the hits is meant as it is said."""
        if any(phrase in lowered for phrase in self.unless):
            return False
        return any(not is_negated(lowered, start) for start in starts)


def phrase_list(
    contains: list[str], whole: list[str], unless: list[str], patterns: list[str] | None = None
) -> PhraseList:
    """Compiles the lists. Latin phrases must not touch other letters or digits.

    Raises:
        ValueError: a pattern that RE2 does not take; see `compile_pattern`.
    """
    lowered = [phrase.lower().strip() for phrase in contains]
    needles = _needles(lowered)
    return PhraseList(
        needles,
        tuple(needle for needle in needles if needle.isascii()),
        tuple(needle for needle in needles if not needle.islower()),
        tuple((phrase, _pattern(phrase)) for phrase in lowered),
        frozenset(phrase.lower().strip(_EDGES) for phrase in whole),
        tuple(phrase.lower().strip() for phrase in unless),
        tuple(compile_pattern(pattern) for pattern in patterns or ()),
    )


def compile_pattern(pattern: str) -> re2._Regexp:
    """A regular expression whose cost is linear in the text, whatever it says.

    Raises:
        ValueError: not one that RE2 takes: look-around and back-references have no linear engine.
    """
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        raw = error.args[0] if error.args else b""
        said = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
        message = f"not a pattern that runs in linear time ({said})"
        raise ValueError(message) from None


def _starts(pattern: re.Pattern[str], lowered: str) -> Iterator[int]:
    return (match.start() for match in pattern.finditer(lowered))


def _pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9]){re.escape(phrase)}(?![a-z0-9])")


def _needles(phrases: list[str]) -> tuple[str, ...]:
    """Few words (pairs of characters in Chinese) of which every phrase holds one: greedy cover."""
    left = set(phrases)
    needles: list[str] = []
    while left:
        counts = Counter(part for phrase in sorted(left) for part in _parts(phrase))
        best = max(counts, key=lambda part: (counts[part], len(part), part))
        needles.append(best)
        left = {phrase for phrase in left if best not in phrase}
    return tuple(needles)


def _parts(phrase: str) -> set[str]:
    if phrase.isascii():
        words = set(phrase.split())
        # Words such as "to" are in every other message: a needle should be rare.
        return {word for word in words if len(word) >= MIN_NEEDLE_CHARACTERS} or {phrase}
    return {phrase[at : at + 2] for at in range(max(1, len(phrase) - 1))}
