"""Every bad input has one stated outcome."""

import gzip
import json
import zlib

import pytest

from tests.intake.samples import LIMITS, body, rejected, turn, with_customer, with_extra

DEEP = LIMITS.max_depth
PADDING = LIMITS.max_value_bytes - len(body(text=""))


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


BAD = {
    "null value": (None, "null_value"),
    "empty bytes": (b"", "empty"),
    "white space only": (b" \n ", "parse"),
    "a byte order mark and nothing else": (b"\xef\xbb\xbf", "parse"),
    "one byte too large": (body(text="x" * (PADDING + 1)), "size"),
    "not JSON": (b"where is my order?", "parse"),
    "truncated": (body()[:-2], "parse"),
    "truncated after a wrong type": (b'{"message_id": 1, ', "parse"),
    "trailing junk": (body() + b"x", "parse"),
    "two documents": (body() + body(), "parse"),
    "a trailing comma": (body()[:-1] + b",}", "parse"),
    "single quotes": (body().replace(b'"', b"'"), "parse"),
    "a comment": (b"/* hi */" + body(), "parse"),
    "a raw control character in a string": (body(text="a~b").replace(b"~", b"\n"), "parse"),
    "base64": (b"eyJtZXNzYWdlX2lkIjoibSJ9", "parse"),
    "gzip": (gzip.compress(body(), mtime=0), "encoding"),
    "zlib": (zlib.compress(body()), "encoding"),
    "NaN": (with_extra(b"NaN"), "parse"),
    "Infinity": (with_extra(b"-Infinity"), "parse"),
    "a leading zero": (with_extra(b"01"), "parse"),
    "null": (b"null", "schema"),
    "a number": (b"17", "schema"),
    "a string": (b'"hello"', "schema"),
    "an array": (b"[" + body() + b"]", "schema"),
    "depth one over the limit": (with_extra(nested(DEEP)), "depth"),
    "depth 2,000": (with_extra(nested(2_000)), "depth"),
    "depth 100,000": (with_extra(nested(100_000)), "depth"),
    "100,000 brackets never closed": (b"[" * 100_000, "depth"),
    "objects in objects": (b'{"a":' * 100 + b"1" + b"}" * 100, "depth"),
    "invalid UTF-8 in the text": (body(text="~").replace(b"~", b"\xff"), "encoding"),
    "overlong UTF-8": (body(text="~").replace(b"~", b"\xc0\x80"), "encoding"),
    "a surrogate in UTF-8": (body(text="~").replace(b"~", b"\xed\xa0\x80"), "encoding"),
    "UTF-16 with a mark": (body().decode().encode("utf-16"), "encoding"),
    "UTF-16 without a mark": (json.dumps({"a": 1}).encode("utf-16-le"), "encoding"),
    "UTF-16, big end first": (json.dumps({"a": 1}).encode("utf-16-be"), "encoding"),
    "UTF-32": (body().decode().encode("utf-32"), "encoding"),
    "a lone high surrogate": (body(text="~").replace(b"~", rb"\ud83d"), "encoding"),
    "a lone low surrogate": (body(text="~").replace(b"~", rb"a\ude00b"), "encoding"),
    "a high surrogate before a letter": (
        body(text="~").replace(b"~", rb"\ud83d\u0041"),
        "encoding",
    ),
    "a lone surrogate in an unknown field": (with_extra(rb'"\\\ud83d"'), "encoding"),
    "no message id": (body(message_id=None), "schema"),
    "an empty message id": (body(message_id=""), "schema"),
    "a long message id": (body(message_id="m" * 257), "schema"),
    "no text": (body(text=None), "schema"),
    "no time": (body(sent_at=None), "schema"),
    "text is a number": (body(text=5), "schema"),
    "text is a list": (body(text=["a"]), "schema"),
    "text is an object": (body(text={"a": 1}), "schema"),
    "sender is null": (body()[:-1] + b', "sender": null}', "schema"),
    "an attribute is a number": (body(attributes={"a": 1}), "schema"),
    "the conversation id is a number": (body(conversation_id=2**64), "schema"),
    "the conversation id is empty": (body(conversation_id=""), "schema"),
    "a conversation id of 1 MB": (body(conversation_id="c" * 200_000), "schema"),
    "257 bytes of conversation id": (body(conversation_id="订" * 85 + "cc"), "schema"),
    "NUL in the conversation id": (body(conversation_id="c\0"), "schema"),
    "a line break in the conversation id": (body(conversation_id="c\n"), "schema"),
    "a colon in the tenant": (body(tenant_id="a:b"), "schema"),
    "a line break behind the tenant": (body(tenant_id="shop\n"), "schema"),
    "an empty tenant": (body(tenant_id=""), "schema"),
    "a tenant of 65 characters": (body(tenant_id="t" * 65), "schema"),
    "a negative count": (with_customer(b"-1"), "schema"),
    "a fraction as a count": (with_customer(b"1.5"), "schema"),
    "1e999 as a count": (with_customer(b"1e999"), "schema"),
    "2^64 as a count": (with_customer(str(2**64).encode()), "schema"),
    "300 digits as a count": (with_customer(b"1" * 300), "schema"),
    "4,000 digits as a count": (with_customer(b"1" * 4_000), "schema"),
    "5,000 digits as a count": (with_customer(b"1" * 5_000), "schema"),
}


@pytest.mark.parametrize(("value", "reason"), BAD.values(), ids=BAD.keys())
def test_a_bad_record_has_one_stated_reason(value: bytes | None, reason: str) -> None:
    assert rejected(value).reason == reason


@pytest.mark.parametrize(("value", "_reason"), BAD.values(), ids=BAD.keys())
def test_a_refusal_names_its_stage_and_kind_and_quotes_nothing(
    value: bytes | None, _reason: str
) -> None:
    refusal = rejected(value)
    assert refusal.stage == "decode"
    assert refusal.error_class.isidentifier()
    assert refusal.record.value is value


GOOD = {
    "exactly the largest size": body(text="x" * PADDING),
    "depth at the limit": with_extra(nested(DEEP - 1)),
    "brackets in the text": body(text="[" * 500 + "{" * 500),
    "brackets behind escaped quotes in the text": body(text='"[\\"' * 200),
    "many shallow arrays": with_extra(b"[" + b"[]," * 500 + b"[]]"),
    "a UTF-8 byte order mark": b"\xef\xbb\xbf" + body(),
    "white space around": b"\r\n\t " + body() + b" \n",
    "10,000 unknown fields": with_extra(json.dumps({str(n): n for n in range(10_000)}).encode()),
    "1e999 in an unknown field": with_extra(b"1e999"),
    "5,000 digits in an unknown field": with_extra(b"1" * 5_000),
    "a pair of surrogates": body(text="~").replace(b"~", rb"\ud83d\ude00"),
    "an escaped backslash before ud83d": body(text="~").replace(b"~", rb"\\ud83d"),
    "an escaped NUL in the text": body(text="a\0b"),
    "white space as text": body(text="  "),
    "an empty text": body(text=""),
    "an unknown role": body(sender={"role": "supervisor"}),
    "an unknown tier": body(customer={"tier": "platinum"}),
    "256 bytes of conversation id": body(conversation_id="订" * 85 + "c"),
    "a conversation id like a path": body(conversation_id="../../etc"),
    "the largest exact count": with_customer(str(2**53 - 1).encode()),
}


@pytest.mark.parametrize("value", GOOD.values(), ids=GOOD.keys())
def test_an_odd_but_good_record_is_read(value: bytes) -> None:
    assert turn(value).message.message_id == "m-1"


def test_of_repeated_names_the_last_one_counts() -> None:
    assert turn(body()[:-1] + b', "text": "second"}').message.text == "second"


def test_unknown_enum_values_are_kept_as_given() -> None:
    message = turn(body(sender={"role": "supervisor"}, customer={"tier": "platinum"})).message
    assert (message.sender.role, message.customer.tier) == ("supervisor", "platinum")


def test_a_nested_value_is_refused_before_anything_recurses_into_it() -> None:
    assert rejected(with_extra(nested(900))).error_class == "NestedTooDeeply"
