import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing

from consumer.inference.manifest import BundleError
from consumer.inference.tokenizer import TextTokenizer
from consumer.inference.word_pieces import CLS, MAX_WORD_CHARS, SEP, SPECIAL_TOKENS, new_tokenizer
from tests.tiny_bundle import SENTENCES, _vocab

MAX_TOKENS = 16
SPEC = new_tokenizer(_vocab()).to_str().encode()

mixed = st.text(
    st.one_of(
        st.sampled_from("refund order 退款 订单 1 2 # @ . ' [SEP] ÀÉβΣςİßﬁ…Ａ\n\t\u2028\u3000"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=80,
)


def by_library(max_tokens: int = MAX_TOKENS) -> TextTokenizer:
    """The same tokenizer without the quick way."""
    tokenizer = TextTokenizer(SPEC, max_tokens)
    tokenizer._quick = None
    return tokenizer


def reference(text: str) -> list[int]:
    """What the library itself gives with its own truncation and template."""
    tokenizer = Tokenizer.from_str(SPEC.decode())
    tokenizer.post_processor = TemplateProcessing(
        single=f"{CLS} $A {SEP}", special_tokens=[(CLS, 2), (SEP, 3)]
    )
    tokenizer.enable_truncation(MAX_TOKENS)
    ids: list[int] = tokenizer.encode(text).ids
    return ids


@settings(deadline=None)
@given(st.lists(mixed, max_size=4))
def test_the_quick_way_gives_what_the_library_gives(texts: list[str]) -> None:
    quick, slow = TextTokenizer(SPEC, 200), by_library(200)
    for one, other in zip(quick.encode_batch(texts), slow.encode_batch(texts), strict=True):
        words = one.length - 2
        assert one.ids == other.ids
        assert one.flaws == other.flaws
        assert list(one.offsets())[:words] == list(other.offsets())[:words]


@pytest.mark.parametrize("words", [MAX_TOKENS - 3, MAX_TOKENS - 2, MAX_TOKENS - 1, 3 * MAX_TOKENS])
def test_truncation_is_that_of_the_library(words: int) -> None:
    text = "我" * words
    for tokenizer in (TextTokenizer(SPEC, MAX_TOKENS), by_library()):
        prepared = tokenizer.encode(text)
        assert prepared.ids == reference(text)
        assert prepared.length == min(words + 2, MAX_TOKENS)
        assert prepared.flaws == (("truncated",) if words > MAX_TOKENS - 2 else ())


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u200d", "\n\t", "😀😀", "\ue000", "\x00"])
def test_texts_without_a_known_token_have_no_content(text: str) -> None:
    assert TextTokenizer(SPEC, MAX_TOKENS).encode(text).flaws == ("no_content",)


@pytest.mark.parametrize("text", ["[SEP]", "[CLS] [PAD]", "[MASK]"])
def test_special_tokens_cannot_be_typed(text: str) -> None:
    specials = set(range(len(SPECIAL_TOKENS))) - {1}
    for tokenizer in (TextTokenizer(SPEC, 99), by_library(99)):
        assert not specials & set(tokenizer.encode(text).ids[1:-1])


def test_han_characters_and_digits_are_tokens_and_words_are_pieces() -> None:
    prepared = TextTokenizer(SPEC, 99).encode("订单12 Refunds")
    parts = [prepared.canonical.text[start:end] for start, end in prepared.offsets()]
    assert parts == ["订", "单", "1", "2", "Refund", "s"]


def test_a_word_without_end_is_one_unknown_token() -> None:
    prepared = TextTokenizer(SPEC, 99).encode("a" * (MAX_WORD_CHARS + 1))
    assert prepared.ids == [2, 1, 3]


def test_the_words_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumer.inference.quick.MAX_WORDS", 10)
    tokenizer = TextTokenizer(SPEC, 99)
    for number in range(50):
        tokenizer.encode("".join(chr(97 + int(digit)) for digit in str(number)))
    assert tokenizer._quick is not None
    assert len(tokenizer._quick._words) <= 10


def test_a_text_is_cut_before_it_is_tokenised() -> None:
    tokenizer = TextTokenizer(SPEC, MAX_TOKENS, max_chars=10)
    assert tokenizer.encode("我" * 1_000_000).canonical.text == "我" * 10


@pytest.mark.parametrize("spec", [b"", b"{}", b"\xff", b'{"version": "1.0"}'])
def test_what_is_no_tokenizer_is_refused(spec: bytes) -> None:
    with pytest.raises(BundleError):
        TextTokenizer(spec, MAX_TOKENS)


def test_a_vocabulary_without_special_tokens_is_refused() -> None:
    with pytest.raises(BundleError, match="needs this token"):
        TextTokenizer(new_tokenizer({"[UNK]": 0, "a": 1}).to_str().encode(), MAX_TOKENS)


def test_another_layout_goes_by_the_library() -> None:
    other = new_tokenizer(_vocab())
    other.normalizer = None
    tokenizer = TextTokenizer(other.to_str().encode(), 99)
    assert tokenizer._quick is None
    assert tokenizer.encode(SENTENCES[0]).length > 2
