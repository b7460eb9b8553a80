"""Finds texts that are nearly the same, by the character trigrams that they share.

A pair above the bound must share some of its rarest trigrams, so only texts that meet in the
posting list of one of those are compared (prefix filtering; Chaudhuri et al. 2006, "A primitive
operator for similarity joins").
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from consumer.inference.canonical import canonicalise

MOST_SHARED = 0.6
"""Jaccard similarity of the trigrams of two texts up to which they are two texts."""

_MAX_CHARS = 10_000
_LENGTH = 3


def same_text_key(text: str) -> str:
    """Equal for texts that differ in case, width and white space alone."""
    return " ".join(canonicalise(text, _MAX_CHARS).text.lower().split())


def trigrams(text: str) -> frozenset[str]:
    """Runs of three characters of the text's key; a shorter text is its own."""
    key = same_text_key(text)
    return frozenset(key[at : at + _LENGTH] for at in range(max(1, len(key) - _LENGTH + 1)))


def similar_pairs(
    texts: Sequence[str], bound: float = MOST_SHARED
) -> Iterator[tuple[int, int, float]]:
    """Places of texts that share more than `bound`, the later one first, with what they share."""
    grams = [trigrams(text) for text in texts]
    counts = Counter(gram for each in grams for gram in each)
    met: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(grams):
        rarest = sorted(each, key=lambda gram: (counts[gram], gram))
        prefix = rarest[: len(each) - math.ceil(bound * len(each)) + 1]
        for other in sorted({before for gram in prefix for before in met[gram]}):
            shared = len(each & grams[other]) / len(each | grams[other])
            if shared > bound:
                yield place, other, shared
        for gram in prefix:
            met[gram].append(place)
