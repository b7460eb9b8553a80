"""The quick way to token ids for the layout of `word_pieces.py`: a pattern and a table.

Gives exactly what the tokenizer library gives, at a fraction of its cost, because nearly every
word of a message was met before. Texts whose lower case is not letter for letter are declined.
"""

import json
import re
from itertools import chain

from tokenizers import Tokenizer

from consumer.inference.prepared import Offsets
from consumer.inference.word_pieces import CONTINUATION, LETTERS, MAX_WORD_CHARS, WORD_OR_CHARACTER
from consumer.inference.word_pieces import new_tokenizer as layout_tokenizer

MAX_WORDS = 100_000
"""Words remembered. Then it starts again: a stream of invented words must not fill memory."""

_FINAL_SIGMA = "Σ"
_SAME_PARTS = ("normalizer", "pre_tokenizer", "decoder")
_SAME_MODEL = ("type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word")

Pieces = tuple[int, ...]


class _Words(dict[str, Pieces]):
    """Word to piece ids; asks the library for a word the first time it is met."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__()
        self._tokenizer = tokenizer

    def __missing__(self, word: str) -> Pieces:
        pieces = tuple(self._tokenizer.encode(word, add_special_tokens=False).ids)
        if len(word) <= MAX_WORD_CHARS:
            if len(self) >= MAX_WORDS:
                self.clear()
            self[word] = pieces
        return pieces


class QuickPieces:
    """Ids and offsets of texts, without the library's per-call work."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._words = _Words(tokenizer)
        self._find = re.compile(WORD_OR_CHARACTER)
        self._letters = re.compile(f"([{LETTERS}]+)")
        self._lengths = {
            token_id: len(token.removeprefix(CONTINUATION))
            for token, token_id in tokenizer.get_vocab().items()
        }

    def ids(self, text: str) -> list[int] | None:
        """Piece ids of a canonical text; None where the library must do it."""
        lowered = text.lower()
        if len(lowered) != len(text) or _FINAL_SIGMA in text:
            return None
        words = self._find.findall(lowered) if lowered.isascii() else self._split(lowered)
        return list(chain.from_iterable(map(self._words.__getitem__, words)))

    def _split(self, lowered: str) -> list[str]:
        """The same words, cheaper where most are one character; spaces too, which have no pieces.

        Splitting leaves at even places what stands between words, at odd ones the words.
        """
        runs = self._letters.split(lowered)
        words = [*runs[0]]
        for word, rest in zip(runs[1::2], runs[2::2], strict=True):
            words.append(word)
            words += rest
        return words

    def offsets(self, text: str, pieces: int) -> Offsets:
        """Where each of the `pieces` ids stands in the text."""
        lowered = text.lower()
        words = [match.span() for match in self._find.finditer(lowered)]
        if len(words) == pieces:
            return words
        found: Offsets = []
        for start, end in words:
            ids = self._words[lowered[start:end]]
            if len(ids) == 1:
                found.append((start, end))
                continue
            for piece in ids:
                found.append((start, start + self._lengths[piece]))
                start += self._lengths[piece]
        return found


def has_this_layout(spec: bytes) -> bool:
    """Whether a tokenizer file splits exactly as `word_pieces.py` says."""
    found, wanted = json.loads(spec), json.loads(layout_tokenizer().to_str())
    return (
        all(found.get(part) == wanted.get(part) for part in _SAME_PARTS)
        and all(found["model"].get(key) == wanted["model"].get(key) for key in _SAME_MODEL)
        and all(token["special"] for token in found["added_tokens"])
    )
