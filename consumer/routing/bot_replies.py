"""Whether the bot repeats itself, told from sketches of its replies: no text is kept.

A sketch is the few smallest hashes of a reply's shingles (runs of characters, digits taken as
one). How many of them two replies share estimates how much of their wording they share (bottom-k
MinHash: Broder 1997).
"""

import re
import zlib
from functools import lru_cache

SHINGLE_CHARACTERS = 4
SKETCH_HASHES = 8
KEPT_REPLIES = 3
MAX_CHARACTERS = 600
_CACHED_REPLIES = 512  # bots say the same to many
_NOISE = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")

Sketch = tuple[int, ...]
Replies = tuple[Sketch, ...]


def after_reply(replies: Replies, text: str) -> tuple[Replies, float]:
    """The last sketches with this reply's, and how alike the two most alike of them are, 0..1."""
    kept = (*replies[1 - KEPT_REPLIES :], sketch(text))
    best = 0.0
    for index, one in enumerate(kept):
        for other in kept[:index]:
            best = max(best, similarity(one, other))
    return kept, best


@lru_cache(maxsize=_CACHED_REPLIES)
def sketch(text: str) -> Sketch:
    """The smallest shingle hashes, in order. Nothing but words: an empty sketch."""
    words = _DIGITS.sub("0", _NOISE.sub("", text[:MAX_CHARACTERS].lower()))
    if not words:
        return ()
    last = max(1, len(words) - SHINGLE_CHARACTERS + 1)
    shingles = {words[at : at + SHINGLE_CHARACTERS] for at in range(last)}
    return tuple(sorted({zlib.crc32(one.encode()) for one in shingles})[:SKETCH_HASHES])


def similarity(one: Sketch, other: Sketch) -> float:
    """The estimated share of common shingles, 0..1, to two decimals."""
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    union = sorted({*one, *other})[:SKETCH_HASHES]
    shared = set(one).intersection(other)
    return round(sum(value in shared for value in union) / len(union), 2)
