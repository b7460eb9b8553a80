import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.inference import canonical
from consumer.inference.canonical import MAX_MARKS, canonicalise
from consumer.inference.look_alikes import unmasked

LIMIT = 2_000

visible = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Cn", "Co")).filter(
        lambda char: canonical._HIDDEN.match(char) is None
    ),
    max_size=30,
)
anything = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("a\u0301\u0316\u200b\u200d\u202e\ufe0f\ufdfa…ﬁｱﾞ한\u1161👩💻\U000e0041"),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(visible)
def test_text_without_hidden_characters_becomes_its_nfkc(text: str) -> None:
    runs = "".join("m" if unicodedata.category(char)[0] == "M" else "." for char in text)
    if "m" * (MAX_MARKS + 1) not in runs:
        assert canonicalise(text, LIMIT).text == unmasked(unicodedata.normalize("NFKC", text))


@settings(deadline=None)
@given(anything, st.integers(1, 80))
def test_every_canonical_character_maps_to_a_stretch_of_the_raw_text(text: str, cap: int) -> None:
    form = canonicalise(text, cap)
    assert len(form.text) <= cap
    if form.offsets is None or form.ends is None:
        assert len(form.text) == len(text[:cap]) or form.truncated
        return
    assert len(form.offsets) == len(form.ends) == len(form.text)
    assert list(form.offsets) == sorted(form.offsets)
    assert all(0 <= a < b <= len(text) for a, b in zip(form.offsets, form.ends, strict=True))


@settings(deadline=None)
@given(anything)
def test_a_canonical_text_is_encodable_and_stays_as_it_is(text: str) -> None:
    once = canonicalise(text, LIMIT)
    once.text.encode()
    again = canonicalise(once.text, LIMIT)
    assert canonicalise(again.text, LIMIT).text == again.text


def test_each_plain_character_maps_to_one_and_joins_none() -> None:
    odd = canonical._ODD
    for code in range(0x110000):
        char = chr(code)
        if odd.match(char) is None:
            assert len(unicodedata.normalize("NFKC", char)) == 1, hex(code)
            assert unicodedata.category(char)[0] != "M", hex(code)
            assert not canonical._joins_previous(char), hex(code)
            assert canonical._HIDDEN.match(char) is None, hex(code)


@pytest.mark.parametrize(
    ("raw", "text", "stripped"),
    [
        ("a\u200bngry", "angry", 1),
        ("re\u00adfund", "refund", 1),
        ("\u202eorder\u202c", "order", 2),
        ("\u2066order\u2069", "order", 2),
        ("hi" + "".join(chr(0xE0000 + ord(char)) for char in "evil"), "hi", 4),
        ("bell\x07\x00\x9b here", "bell here", 3),
        ("line\nnext\tcell", "line\nnext\tcell", 0),
        ("\ufeff你好", "你好", 1),
        ("❤️", "❤", 1),
        ("👨‍👩‍👧", "👨‍👩‍👧", 0),
        ("❤️‍🔥", "❤‍🔥", 1),
        ("a\u200db", "ab", 1),
        ("👍🏽 🇨🇳", "👍🏽 🇨🇳", 0),
        ("ＡＢＣ１２３，！", "ABC123,!", 0),
        ("cafe\u0301", "café", 0),
        ("ｶﾞｷﾞ", "ガギ", 0),
        ("ﬁne…", "fine...", 0),
        ("\U0001d41a\U0001d427\U0001d420\U0001d42b\U0001d432", "angry", 0),
        ("x\ud800y", "xy", 1),
        ("my rеfund рleаse, а scаm", "my refund please, a scam", 0),
        ("ΡayPal says no", "PayPal says no", 0),
        ("где мой заказ с iPhone", "где мой заказ с iPhone", 0),
        ("επιστροφή, please", "επιστροφή, please", 0),
        ("wеждs stays", "wеждs stays", 0),
        ("\ue000\ufffe", "\ue000\ufffe", 0),
    ],
)
def test_what_hides_words_is_stripped_and_counted(raw: str, text: str, stripped: int) -> None:
    form = canonicalise(raw, LIMIT)
    assert (form.text, form.stripped) == (text, stripped)


@pytest.mark.parametrize(
    ("raw", "word", "span"),
    [
        ("ok… 退款", "退款", (4, 6)),
        ("a\u200bn\u200bgry!", "angry", (0, 7)),
        ("订单１２３", "123", (2, 5)),
        ("ﬁnd cafe\u0301 now", "café", (4, 9)),
        ("ﬁnd it", "find", (0, 3)),
        ("㍿退", "退", (1, 2)),
        ("ﬁx my рhоne", "phone", (6, 11)),
    ],
)
def test_spans_map_back_to_the_raw_text(raw: str, word: str, span: tuple[int, int]) -> None:
    form = canonicalise(raw, LIMIT)
    start = form.text.index(word)
    assert form.raw_span(start, start + len(word)) == span


@pytest.mark.parametrize(
    ("text", "truncated"),
    [("a" * 10, False), ("a" * 11, True), ("\ufdfa" * 3, True), ("…" * 4, True), ("…" * 3, False)],
)
def test_the_cap_holds_before_and_after_expansion(text: str, truncated: bool) -> None:
    form = canonicalise(text, 10)
    assert len(form.text) <= 10
    assert form.truncated is truncated


def test_a_cut_keeps_a_character_and_its_marks_together() -> None:
    assert canonicalise("abcde\u0316\u0301", 5).text == "abcd"


def test_runs_of_marks_are_capped() -> None:
    form = canonicalise("a" + "\u0316\u0301" * 50_000, 100_000)
    assert len(unicodedata.normalize("NFD", form.text)) <= 1 + MAX_MARKS
