"""How this project's own tokenizers split text: one definition for training and for serving.

A word is a run of letters of an alphabet; every other character but white space, so each Han
character and each digit, is a token of its own. Words become word pieces, lower-cased. Other
tokenizer files work too (`tokenizer.py`); only this layout has the quick way in `quick.py`.
"""

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

PAD, UNK, CLS, SEP, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
SPECIAL_TOKENS = (PAD, UNK, CLS, SEP, MASK)
"""In the order of their ids, from 0."""

SPACES = r" \t\n\u1680\u2028\u2029"
LETTERS = r"a-z\u00df-\u00f6\u00f8-\u024f\u03b1-\u03c9\u0430-\u045f"
"""Lower-case ranges, written out: classes like \\w differ between regex engines."""

WORD_OR_CHARACTER = f"[{LETTERS}]+|[^{LETTERS}{SPACES}]"
CONTINUATION = "##"
MAX_WORD_CHARS = 64
"""A longer word is one unknown token."""


def new_tokenizer(vocab: dict[str, int] | None = None) -> Tokenizer:
    """An empty tokenizer of this layout to be trained, or one over a vocabulary.

    It adds no special tokens, cuts nothing and pads nothing: `TextTokenizer` does.
    """
    model = models.WordPiece(
        vocab=vocab,
        unk_token=UNK,
        continuing_subword_prefix=CONTINUATION,
        max_input_chars_per_word=MAX_WORD_CHARS,
    )
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(f"[{SPACES}]+"), behavior="removed"),
            pre_tokenizers.Split(Regex(WORD_OR_CHARACTER), behavior="isolated"),
        ]
    )
    return tokenizer
