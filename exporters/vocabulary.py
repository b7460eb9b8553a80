"""Trains the word-piece vocabulary on texts. How texts are split is the service's definition."""

from collections.abc import Iterable

from tokenizers import Tokenizer, trainers

from consumer.inference.canonical import canonicalise
from consumer.inference.tokenizer import MAX_CHARS
from consumer.inference.word_pieces import CONTINUATION, SPECIAL_TOKENS, new_tokenizer

VOCABULARY_SIZE = 10_000
MAX_CHARACTERS = 5_200
"""Han characters, emoji and letters that get a token of their own; rarer ones are unknown."""

MIN_WORD_COUNT = 2


def train_tokenizer(texts: Iterable[str], size: int = VOCABULARY_SIZE) -> Tokenizer:
    """A tokenizer whose vocabulary fits the texts.

    Pieces that are equally frequent may be learned in another order: a run keeps its own file.
    """
    tokenizer = new_tokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        min_frequency=MIN_WORD_COUNT,
        limit_alphabet=min(MAX_CHARACTERS, size // 2),
        special_tokens=list(SPECIAL_TOKENS),
        continuing_subword_prefix=CONTINUATION,
        show_progress=False,
    )
    tokenizer.train_from_iterator((canonicalise(text, MAX_CHARS).text for text in texts), trainer)
    # The trainer builds a model of its own: keep its vocabulary, not its settings.
    return _with_vocabulary(tokenizer)


def _with_vocabulary(trained: Tokenizer) -> Tokenizer:
    tokenizer = new_tokenizer(trained.get_vocab())
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    return tokenizer
