"""Finds the words that plainly ask for a person. A closed list from the rules, no model."""

import re
from collections import Counter
from dataclasses import dataclass

MAX_WHOLE_CHARACTERS = 32
MIN_NEEDLE_CHARACTERS = 5
_EDGES = " \t\r\n.,!?;:~。，！？；：、～…\"'“”‘’()（）"


@dataclass(frozen=True, slots=True)
class PhraseList:
    """`contains` anywhere as words of their own, `whole` as the whole message; `unless` cancels.

    Every phrase of `contains` holds one of the few `needles`: most messages hold none.
    """

    needles: tuple[str, ...]
    contains: tuple[tuple[str, re.Pattern[str]], ...]
    whole: frozenset[str]
    unless: tuple[str, ...]

    def find(self, text: str) -> str | None:
        """The phrase of the list that the text holds, or None."""
        lowered = text.lower()
        for needle in self.needles:
            if needle in lowered:
                found = self._find_phrase(lowered)
                if found is not None:
                    return found
                break
        if len(lowered) <= MAX_WHOLE_CHARACTERS and self.whole:
            words = lowered.strip(_EDGES)
            return words if words in self.whole else None
        return None

    def _find_phrase(self, lowered: str) -> str | None:
        for phrase, pattern in self.contains:
            if phrase in lowered and pattern.search(lowered):
                return None if self._cancelled(lowered) else phrase
        return None

    def _cancelled(self, lowered: str) -> bool:
        return any(phrase in lowered for phrase in self.unless)


def phrase_list(contains: list[str], whole: list[str], unless: list[str]) -> PhraseList:
    """Compiles the lists. Latin phrases must not touch other letters or digits."""
    lowered = [phrase.lower().strip() for phrase in contains]
    return PhraseList(
        _needles(lowered),
        tuple((phrase, _pattern(phrase)) for phrase in lowered),
        frozenset(phrase.lower().strip(_EDGES) for phrase in whole),
        tuple(phrase.lower().strip() for phrase in unless),
    )


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
        return {word for word in words if len(word) >= MIN_NEEDLE_CHARACTERS} or words
    return {phrase[at : at + 2] for at in range(max(1, len(phrase) - 1))}
