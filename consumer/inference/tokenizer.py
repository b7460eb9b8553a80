"""Texts to token ids, by a Hugging Face `tokenizers` file.

Cuts characters before tokenising (its cost grows faster than the text), and tokens after it, as
truncation on the right does. The special tokens are added here, so a file need not have a
post-processor. Runs no model.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tokenizers import Tokenizer

from consumer.inference.canonical import Canonical, canonicalise
from consumer.inference.manifest import BundleError
from consumer.inference.prepared import Offsets, Prepared
from consumer.inference.quick import QuickPieces, has_this_layout
from consumer.inference.word_pieces import CLS, SEP, UNK

MAX_CHARS = 2_000
"""Characters of a text that are read. At 128 tokens a text has about 600 at most."""

_FLAWS = {
    (False, False): (),
    (True, False): ("truncated",),
    (False, True): ("no_content",),
    (True, True): ("truncated", "no_content"),
}


class TextTokenizer:
    """Canonicalises and tokenises; the one way into the ids, in training and in serving."""

    def __init__(self, spec: bytes, max_tokens: int, max_chars: int = MAX_CHARS) -> None:
        try:
            tokenizer = Tokenizer.from_str(spec.decode())
        except Exception as error:  # the library raises bare Exception
            raise BundleError("tokenizer", "unreadable", "a tokenizers file is needed") from error
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokenizer.encode_special_tokens = True  # a customer who types "[SEP]" types a word
        self._tokenizer = tokenizer
        self.max_tokens, self.max_chars = max_tokens, max_chars
        self._quick = QuickPieces(tokenizer) if has_this_layout(spec) else None
        self._cls, self._sep, self._unk = (self._special(name) for name in (CLS, SEP, UNK))

    def _special(self, name: str) -> int:
        found = self._tokenizer.token_to_id(name)
        if found is None:
            raise BundleError("tokenizer", name, "the vocabulary needs this token")
        return int(found)

    @property
    def vocab_size(self) -> int:
        """Number of ids, added tokens included."""
        return int(self._tokenizer.get_vocab_size())

    def encode(self, text: str) -> Prepared:
        """One text; `encode_batch` costs less for many."""
        return self.encode_batch((text,))[0]

    def encode_batch(self, texts: Sequence[str]) -> list[Prepared]:
        """Prepares texts; results are in order, one for each."""
        max_chars = self.max_chars
        forms = [canonicalise(text, max_chars) for text in texts]
        quick = self._quick
        if quick is None:
            return self._by_library(texts, forms)
        prepared = []
        for text, form in zip(texts, forms, strict=True):
            ids = quick.ids(form.text)
            if ids is None:
                prepared += self._by_library((text,), (form,))
            else:
                prepared.append(
                    self._prepared(text, form, ids, partial(quick.offsets, form.text, len(ids)))
                )
        return prepared

    def _by_library(self, texts: Sequence[str], forms: Sequence[Canonical]) -> list[Prepared]:
        encodings = self._tokenizer.encode_batch(
            [form.text for form in forms], add_special_tokens=False
        )
        return [
            self._prepared(text, form, encoding.ids, partial(getattr, encoding, "offsets"))
            for text, form, encoding in zip(texts, forms, encodings, strict=True)
        ]

    def _prepared(
        self, text: str, form: Canonical, ids: list[int], offsets: Callable[[], Offsets]
    ) -> Prepared:
        room = self.max_tokens - 2
        cut = len(ids) > room
        if cut:
            del ids[room:]
        empty = not ids or (ids[0] == self._unk and all(one == self._unk for one in ids))
        ids = [self._cls, *ids, self._sep]
        flaws = _FLAWS[cut or form.truncated, empty]
        return Prepared(text, form, ids, len(ids), offsets, flaws)


def read_tokenizer(path: Path, max_tokens: int) -> TextTokenizer:
    """The tokenizer of a file, for training; serving gets its bytes from the checked bundle."""
    return TextTokenizer(path.read_bytes(), max_tokens)
