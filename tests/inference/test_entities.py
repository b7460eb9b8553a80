from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.contract.decision import Entity
from consumer.inference.canonical import canonicalise
from consumer.inference.code_names import name_before
from consumer.inference.entities import merged, to_entities
from consumer.inference.patterns import MAX_SPANS, UNSURE, find_patterns
from consumer.inference.personal import is_card_number, is_identity_number
from consumer.inference.stub import StubModel
from consumer.records import Span


def entities(text: str, *spans: Span) -> tuple[Entity, ...]:
    (prepared,) = StubModel().prepare((text,))
    return to_entities(prepared, spans)


def found(text: str) -> list[tuple[str, str]]:
    """Types and raw stretches, before masking."""
    return [(one.type, text[one.start : one.end]) for one in entities(text)]


def model_span(text: str, part: str, kind: str) -> Span:
    start = text.index(part)
    return Span(kind, start, start + len(part), 0.8)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("订单号20260101888怎么还没到", [("ORDER_ID", "20260101888")]),
        ("我的订单JD20260101888到哪了", [("ORDER_ID", "JD20260101888")]),
        ("order 114-3941689-8772232 is late", [("ORDER_ID", "114-3941689-8772232")]),
        ("it is 114-3941689-8772232", [("ORDER_ID", "114-3941689-8772232")]),
        ("Order #A1092 please", [("ORDER_ID", "A1092")]),
        ("#A1092 is broken", [("ORDER_ID", "A1092")]),
        ("where's order no. 77812-B?", [("ORDER_ID", "77812-B")]),
        ("单号123456789012345678", [("ORDER_ID", "123456789012345678")]),
        ("訂單編號：20260101888", [("ORDER_ID", "20260101888")]),
        ("订单：13812345678", [("ORDER_ID", "13812345678")]),
        ("电话13812345678", [("PHONE", "13812345678")]),
        ("１３８１２３４５６７８", [("PHONE", "１３８１２３４５６７８")]),
        ("138\u200b1234\u200b5678", [("PHONE", "138\u200b1234\u200b5678")]),
        ("+86 138-1234-5678", [("PHONE", "+86 138-1234-5678")]),
        ("ring (415) 555-0132 now", [("PHONE", "(415) 555-0132")]),
        ("+44 20 7946 0958", [("PHONE", "+44 20 7946 0958")]),
        ("0571-88886666", [("PHONE", "0571-88886666")]),
        ("mail a.b+c@ex-ample.co.uk 谢谢", [("EMAIL", "a.b+c@ex-ample.co.uk")]),
        ("13812345678@qq.com", [("EMAIL", "13812345678@qq.com")]),
        ("退我128.5元", [("AMOUNT", "128.5元")]),
        ("￥1,299.00 or $20", [("AMOUNT", "￥1,299.00"), ("AMOUNT", "$20")]),
        ("20块钱，6块8，3块", [("AMOUNT", "20块钱"), ("AMOUNT", "6块8"), ("AMOUNT", "3块")]),
        ("5块手表", []),
        ("50 dollars", [("AMOUNT", "50 dollars")]),
        ("快递SF1234567890123", [("TRACKING_ID", "SF1234567890123")]),
        ("1Z999AA10123456784", [("TRACKING_ID", "1Z999AA10123456784")]),
        ("YT9876543210123", [("TRACKING_ID", "YT9876543210123")]),
        ("快递单号：773198820045617", [("TRACKING_ID", "773198820045617")]),
        ("发票号26317000771003", [("INVOICE_ID", "26317000771003")]),
        ("会员号 A883321", [("ACCOUNT_ID", "A883321")]),
        ("since 2026-11-23", [("DATE", "2026-11-23")]),
        ("11月11日", [("DATE", "11月11日")]),
        ("Nov 23, 2026", [("DATE", "Nov 23, 2026")]),
        ("Nova 8 and Mayor 17", []),
        ("100% of 256GB, 3天, 12:30, iPhone15", []),
        ("order 3 boxes", []),
        ("in order to get 12345 points", []),
        ("hello there", []),
        ("", []),
    ],
)
def test_patterns_find_what_has_a_shape(text: str, wanted: list[tuple[str, str]]) -> None:
    assert found(text) == wanted


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("电话13812345678", "*******5678"),
        ("mail jo.doe@example.com", "j***@example.com"),
        ("4111 1111 1111 1111", "***************1111"),
        ("卡号62258801388201741", "*************1741"),
        ("身份证11010519491231002X", "**************002X"),
    ],
)
def test_personal_values_leave_masked(text: str, value: str) -> None:
    (one,) = entities(text)
    assert (one.value, one.normalized) == (value, value)


def test_an_address_of_the_model_is_hidden_with_all_that_is_in_it() -> None:
    text = "寄到杭州市文三路123456789012号"
    span = model_span(text, "杭州市文三路123456789012号", "ADDRESS")
    (one,) = entities(text, span)
    assert (one.type, one.value, one.normalized) == ("ADDRESS", "***", "***")


@pytest.mark.parametrize("kind", ["PRODUCT", "PERSON", "ADDRESS", "ORDER_ID"])
def test_a_phone_number_is_masked_whatever_the_model_calls_it(kind: str) -> None:
    text = "找张三 13812345678 谢谢"
    (one,) = entities(text, model_span(text, "张三 13812345678", kind))
    assert (one.type, one.value, one.source) == ("PHONE", "*******5678", "regex")


@pytest.mark.parametrize(
    ("kind", "value", "normalized"),
    [
        ("ORDER_ID", "jd 2026 0101", "JD20260101"),
        ("AMOUNT", "¥1,299.5", "1299.50 CNY"),
        ("AMOUNT", "6块8", "6.80 CNY"),
        ("AMOUNT", "1.5万元", "15000.00 CNY"),
        ("AMOUNT", "$20", "20.00 USD"),
        ("AMOUNT", "20 pounds", "20.00 GBP"),
        ("AMOUNT", "two euros", "two euros"),
        ("DATE", "2026年1月5日", "2026-01-05"),
        ("DATE", "2026/13/45", "2026/13/45"),
        ("DATE", "Last  Friday", "last friday"),
        ("PRODUCT", "Blue  Jacket", "blue jacket"),
        ("PERSON", "Ann", "ann"),
        ("ACCOUNT_ID", "vip 88321", "VIP88321"),
    ],
)
def test_equal_things_get_one_spelling(kind: str, value: str, normalized: str) -> None:
    one = next(one for one in entities(value, Span(kind, 0, len(value), 0.9)) if one.type == kind)
    assert one.normalized == normalized


@pytest.mark.parametrize(
    ("model", "shaped", "winners"),
    [
        (Span("ORDER_ID", 0, 9, 0.9), Span("TRACKING_ID", 2, 9, 1.0), ["TRACKING_ID"]),
        (Span("TRACKING_ID", 0, 9, 0.9), Span("ORDER_ID", 0, 9, UNSURE), ["TRACKING_ID"]),
        (Span("DATE", 0, 9, 0.9), Span("DATE", 0, 5, 1.0), ["DATE"]),
        (Span("TIME", 0, 4, 0.9), Span("DATE", 0, 5, 1.0), ["DATE"]),
        (Span("PRODUCT", 0, 4, 0.9), Span("AMOUNT", 5, 9, 1.0), ["PRODUCT", "AMOUNT"]),
        (Span("ADDRESS", 0, 9, 0.9), Span("ORDER_ID", 2, 5, 1.0), ["ADDRESS"]),
        (Span("ADDRESS", 0, 9, 0.9), Span("EMAIL", 2, 5, 1.0), ["EMAIL"]),
    ],
)
def test_overlaps_go_to_the_one_that_knows_better(
    model: Span, shaped: Span, winners: list[str]
) -> None:
    assert [span.type for span in merged([model], [shaped])] == winners


spans = st.builds(
    lambda start, size, kind: Span(kind, start, start + size, 0.5),
    st.integers(0, 40),
    st.integers(1, 15),
    st.sampled_from(["ORDER_ID", "PRODUCT", "ADDRESS", "DATE", "PHONE"]),
)


@settings(deadline=None)
@given(st.lists(spans, max_size=8), st.text(st.sampled_from("138 -@.a订单号¥元"), max_size=60))
def test_entities_never_overlap_and_stay_in_the_text(model: list[Span], text: str) -> None:
    shaped = find_patterns(canonicalise(text, 2_000).text)
    kept = merged(model, shaped)
    for one, following in pairwise(kept):
        assert one.end <= following.start
    assert all(0 <= one.start < one.end <= len(text) for one in shaped)


def test_a_message_of_nothing_but_numbers_has_a_bounded_number_of_entities() -> None:
    assert len(entities("¥1 " * 600)) == MAX_SPANS
    assert len(entities("a@b.cn " * 280)) == MAX_SPANS


@pytest.mark.parametrize(
    ("value", "is_card"),
    [
        ("4111111111111111", True),
        ("4111-1111-1111-1111", True),
        ("4111111111111112", False),
        ("411111111111", False),
        ("9111111111111111", False),
        ("4111111111111111a", False),
    ],
)
def test_card_numbers_pass_their_check(value: str, is_card: bool) -> None:
    assert is_card_number(value) is is_card


@pytest.mark.parametrize(
    ("value", "is_identity"),
    [
        ("11010519491231002X", True),
        ("11010519491231002x", True),
        ("110105194912310021", False),
        ("11010519491331002X", False),
        ("110105491231002", False),
    ],
)
def test_identity_numbers_have_a_birthday_and_a_check(value: str, is_identity: bool) -> None:
    assert is_identity_number(value) is is_identity


@pytest.mark.parametrize(
    ("before", "name", "certain"),
    [
        ("我的订单", "ORDER_ID", False),
        ("ORDER ", "ORDER_ID", False),
        ("order #", "ORDER_ID", True),
        ("order   no. is : #", "ORDER_ID", True),
        ("订单号码是:", "ORDER_ID", True),
        ("快递单 ", "TRACKING_ID", False),
        ("快递订单号", "ORDER_ID", True),
        ("运单号code: ", "TRACKING_ID", True),
        ("貨運單號", "TRACKING_ID", True),
        ("my uid ", "ACCOUNT_ID", False),
        ("account id ", "ACCOUNT_ID", True),
        ("会员卡号：", "ACCOUNT_ID", True),
        ("Tel.", None, False),
        ("tel no.", "PHONE", True),
        ("order and then ", None, False),
        ("order", "ORDER_ID", False),
        ("order" + " " * 40, None, False),
        ("#", None, False),
        ("", None, False),
    ],
)
def test_the_word_before_a_code_names_it(before: str, name: str | None, certain: bool) -> None:
    text = canonicalise(before, 100).text
    assert name_before(f"{text}1234", len(text)) == (name, certain)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a" * 60 + " Sept. 12", ["Sept. 12"]),
        ("x" * 26 + "-1 order ABCDEFGHIJKLMNOPQRSTUVWX1", ["ABCDEFGHIJKLMNOPQRSTUVWX1"]),
        ("送到 (415) 555-0132 或 HK$ 20", ["(415) 555-0132", "HK$ 20"]),
        ("3天前的12月5日，还差2元", ["12月5日", "2元"]),
    ],
)
def test_what_stands_before_the_first_digit_belongs_to_it(text: str, wanted: list[str]) -> None:
    spans = find_patterns(canonicalise(f"order {text}", 2_000).text)
    assert [text[span.start - 6 : span.end - 6] for span in spans if span.confidence == 1] == wanted
