"""The text as the model reads it, and the way back to the text as the customer wrote it.

Removes what hides words (controls, bidi and zero-width characters, tags, variation selectors),
caps runs of combining marks, then applies NFKC, then puts Latin letters back where look-alikes hide
a word. Every step is linear in the capped length. It keeps case and words: lower-casing and
splitting belong to the tokenizer.
"""

import re
import unicodedata
from array import array

from msgspec import Struct

from consumer.inference.look_alikes import unmasked

MAX_MARKS = 16
"""Combining marks kept in a row: NFKC sorts each run, in quadratic time."""

# Characters that NFKC maps one to one, that never join the character before them and that are
# never removed. A text of only these needs no map back.
_PLAIN = (
    r"\t\n\x20-\x7e\u00a0\u00a1-\u00a7\u00b0\u00b7\u00bf-\u0131\u0134-\u013e\u0141-\u0148"
    r"\u0391-\u03a1\u03a3-\u03a9\u03b1-\u03c9\u0400-\u0481\u048a-\u04ff\u0621-\u063a\u0641-\u064a"
    r"\u0e01-\u0e30\u0e32\u0e40-\u0e46\u2010-\u2014\u2018-\u201e\u20ac\u2190-\u21ff\u2600-\u27bf"
    r"\u3000-\u3029\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    r"\uff01-\uff5e\uffe0\uffe1\uffe5\U0001f1e6-\U0001f1ff\U0001f300-\U0001f64f"
    r"\U0001f680-\U0001f6ff\U0001f900-\U0001f9ff\U0001fa70-\U0001faff\U00020000-\U0002a6df"
)
_ODD = re.compile(f"[^{_PLAIN}]+")
# Those of the plain characters that NFKC maps to another.
_WIDE = re.compile("[\u00a0\u2011\u3000\uff01-\uff5e\uffe0\uffe1\uffe5]+")
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_EMOJI = re.compile(r"[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff]")
_JOINER = "\u200d"
_VARIATION_SELECTORS = frozenset(map(chr, range(0xFE00, 0xFE10)))
_JAMO_THAT_JOIN = range(0x1160, 0x1200)


class Canonical(Struct, frozen=True, gc=False):
    """Canonical text, and for each of its characters the raw code points it stands for.

    `offsets` and `ends` are None where the map is the identity. `stripped` counts what was
    removed; `truncated` tells that the raw or the expanded text was cut.
    """

    text: str
    offsets: "array[int] | None" = None
    ends: "array[int] | None" = None
    stripped: int = 0
    truncated: bool = False

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Raw code points of the canonical stretch [start, end); it must not be empty."""
        if self.offsets is None or self.ends is None:
            return start, end
        return self.offsets[start], self.ends[end - 1]


def canonicalise(text: str, max_chars: int) -> Canonical:
    """Canonical form of at most `max_chars` characters of a text."""
    truncated = len(text) > max_chars
    if truncated:
        text = _cut(text, max_chars)
    if text.isascii() and text.isprintable():
        return Canonical(text, truncated=truncated)
    if _ODD.search(text) is None:
        return Canonical(unmasked(_plain_form(text)), truncated=truncated)
    return _Rewriter(text, max_chars).run(truncated)


def _plain_form(text: str) -> str:
    """NFKC of plain characters: it takes most of a text apart for the sake of one wide comma."""
    if unicodedata.is_normalized("NFKC", text):
        return text
    return _WIDE.sub(lambda wide: unicodedata.normalize("NFKC", wide[0]), text)


def _cut(text: str, max_chars: int) -> str:
    """Cuts, but not inside a character and its marks (within reason)."""
    end = max_chars
    while end > max_chars - MAX_MARKS and end > 1 and _continues(text[end]):
        end -= 1
    return text[:end]


def _continues(char: str) -> bool:
    return char == _JOINER or unicodedata.category(char)[0] == "M"


def _joins_previous(char: str) -> bool:
    """Whether NFKC may merge or reorder the character with the one before it."""
    if char <= "\u02ff":
        return False
    first = unicodedata.normalize("NFKD", char)[0]
    return unicodedata.category(first)[0] == "M" or ord(first) in _JAMO_THAT_JOIN


class _Rewriter:
    """The slow way: rewrites the odd stretches, each with the plain character before it."""

    def __init__(self, text: str, max_chars: int) -> None:
        self.text, self.max_chars = text, max_chars
        self.pieces: list[str] = []
        self.offsets, self.ends = array("l"), array("l")
        self.stripped = 0

    def run(self, truncated: bool) -> Canonical:
        done = 0
        for match in _ODD.finditer(self.text):
            start = max(done, match.start() - 1)
            self._plain(done, start)
            self._odd(start, match.end())
            done = match.end()
            if len(self.offsets) > self.max_chars:
                break
        else:
            self._plain(done, len(self.text))
        return self._result(truncated)

    def _result(self, truncated: bool) -> Canonical:
        text = "".join(self.pieces)
        if len(text) > self.max_chars:
            text, truncated = text[: self.max_chars], True
            del self.offsets[self.max_chars :], self.ends[self.max_chars :]
        return Canonical(unmasked(text), self.offsets, self.ends, self.stripped, truncated)

    def _plain(self, start: int, end: int) -> None:
        if start < end:
            self.pieces.append(_plain_form(self.text[start:end]))
            self.offsets.extend(range(start, end))
            self.ends.extend(range(start + 1, end + 1))

    def _odd(self, start: int, end: int) -> None:
        segment: list[int] = []
        for at in self._kept(start, end):
            if segment and not _joins_previous(self.text[at]):
                self._segment(segment)
                segment = []
                if len(self.offsets) > self.max_chars:
                    return
            segment.append(at)
        if segment:
            self._segment(segment)

    def _kept(self, start: int, end: int) -> list[int]:
        """Positions that stay: nothing hidden, and no mark after the sixteenth of its run."""
        kept: list[int] = []
        marks = 0
        for at in range(start, end):
            char = self.text[at]
            if _HIDDEN.match(char) and not self._joins_emoji(at):
                continue
            marks = marks + 1 if unicodedata.category(char)[0] == "M" else 0
            if marks <= MAX_MARKS:
                kept.append(at)
        self.stripped += end - start - len(kept)
        return kept

    def _joins_emoji(self, at: int) -> bool:
        """A joiner between two emoji makes one picture of them; elsewhere it hides words."""
        if self.text[at] != _JOINER or at == 0 or at + 1 >= len(self.text):
            return False
        before = at - 1
        if self.text[before] in _VARIATION_SELECTORS and before > 0:
            before -= 1
        emoji = _EMOJI.match
        return bool(emoji(self.text[before]) and emoji(self.text[at + 1]))

    def _segment(self, positions: list[int]) -> None:
        """Normalises characters that belong together; new characters map to the old in turn."""
        new = unicodedata.normalize("NFKC", "".join(self.text[at] for at in positions))
        self.pieces.append(new)
        if len(new) == len(positions):
            self.offsets.extend(positions)
            self.ends.extend(at + 1 for at in positions)
        else:
            self.offsets.extend([positions[0]] * len(new))
            self.ends.extend([positions[-1] + 1] * len(new))
