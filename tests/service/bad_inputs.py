"""The table of bad inputs: each with the dead-letter reason, or the degraded reasons, it must get.

Numbers are the rows of the table of bad inputs that the service was designed against.
"""

import json
from dataclasses import dataclass, field

SENT_AT = "2026-01-01T00:00:00Z"
KEY = b"default:bad"
MAX_VALUE_BYTES = 262_144
SIZE_LIMIT_TOPIC_BYTES = 1_048_576
DEPTH = 100_000


@dataclass(frozen=True)
class BadInput:
    """`reason` is the dead letter's; without one a decision is owed that has these `flaws`."""

    name: str
    value: bytes | None
    reason: str | None = None
    flaws: tuple[str, ...] = ()
    key: bytes | None = KEY
    headers: tuple[tuple[str, bytes | None], ...] = ()
    entities: tuple[tuple[str, str], ...] = field(default=())
    text: str | None = None


def message(text: object, **more: object) -> bytes:
    body = {
        "message_id": "m",
        "conversation_id": "bad",
        "text": text,
        "sent_at": SENT_AT,
        **more,
    }
    return json.dumps(body, ensure_ascii=False).encode()


def _decided(name: str, text: str, *flaws: str, entity: str | None = None) -> BadInput:
    entities = () if entity is None else (("ORDER_ID", entity),)
    return BadInput(name, message(text), flaws=flaws, entities=entities, text=text)


def _without(field_name: str) -> bytes:
    body = json.loads(message("hi"))
    del body[field_name]
    return json.dumps(body).encode()


def _padded_to(size: int) -> bytes:
    empty = message("", attributes={"pad": ""})
    return message("", attributes={"pad": "x" * (size - len(empty))})


BAD_INPUTS = (
    BadInput("1 null value", None, "null_value"),
    BadInput("2 empty value", b"", "empty"),
    _decided("3 empty text", "", "no_content"),
    _decided("3 white space", " \t\n\u3000 ", "no_content"),
    BadInput("4 not JSON", b"<xml/>", "parse"),
    BadInput("5 truncated JSON", message("hi")[:-5], "parse"),
    BadInput("6 two documents", message("hi") + message("hi"), "parse"),
    BadInput("7 scalar", b"42", "schema"),
    BadInput("7 array", b"[]", "schema"),
    BadInput("7 null", b"null", "schema"),
    BadInput("8 depth 2,000", b"[" * 2_000 + b"]" * 2_000, "depth"),
    BadInput("8 depth 100,000", b"[" * DEPTH + b"]" * DEPTH, "depth"),
    BadInput(
        "8 depth in a field", message("hi")[:-1] + b',"x":' + b"[" * 99 + b"]" * 99 + b"}", "depth"
    ),
    BadInput("9 10,000 keys", message("hi", **{f"k{n}": n for n in range(10_000)})),
    BadInput("10 duplicate keys", message("hi")[:-1] + b',"text":"again"}'),
    BadInput("11 NaN", message("hi")[:-1] + b',"x":NaN}', "parse"),
    BadInput("12 a number of 5,000 digits", message("hi")[:-1] + b',"x":' + b"9" * 5_000 + b"}"),
    BadInput("13 2^64 as an id", message("hi", message_id=2**64), "schema"),
    BadInput("14 invalid UTF-8", message("hi").replace(b"hi", b"h\xff\xfe"), "encoding"),
    BadInput("15 UTF-16", message("hi").decode().encode("utf-16"), "encoding"),
    BadInput("16 lone surrogate", message("hi").replace(b"hi", rb"\ud800"), "encoding"),
    _decided("17 NUL and C0 controls", "my \x00order\x07 JD20260101888", entity="JD20260101888"),
    BadInput("18 no text", _without("text"), "schema"),
    BadInput("18 no message id", _without("message_id"), "schema"),
    BadInput("18 no sent_at", _without("sent_at"), "schema"),
    BadInput("19 text is a number", message(7), "schema"),
    BadInput("19 text is a list", message(["hi"]), "schema"),
    BadInput("19 text is an object", message({"a": 1}), "schema"),
    BadInput("20 unknown fields", message("hi", surprise={"a": [1]})),
    BadInput(
        "21 newer version",
        message("hi"),
        "version",
        headers=(
            ("ce_specversion", b"1.0"),
            ("ce_type", b"message.received"),
            ("ce_id", b"1"),
            ("ce_source", b"/x"),
            ("ce_dataschema", b"https://chat-router.dev/schemas/message.received.v2.json"),
        ),
    ),
    BadInput(
        "21 another type",
        message("hi"),
        "type",
        headers=(
            ("ce_specversion", b"1.0"),
            ("ce_type", b"order.created"),
            ("ce_id", b"1"),
            ("ce_source", b"/x"),
        ),
    ),
    BadInput("22 null key", message("hi"), key=None),
    BadInput(
        "22 no conversation anywhere", _without("conversation_id"), "no_conversation", key=None
    ),
    BadInput("23 key of another conversation", message("hi"), key=b"default:other"),
    BadInput("25 at the size limit", _padded_to(MAX_VALUE_BYTES), flaws=("no_content",)),
    BadInput("25 one over the size limit", _padded_to(MAX_VALUE_BYTES + 1), "size"),
    BadInput("25 1 MB of text", message("x" * 1_000_000), "size"),
    _decided("26 200,000 characters without a space", "a" * 200_000, "truncated", "no_content"),
    _decided("27 40,000 words", "word " * 40_000, "truncated"),
    _decided("28 combining marks", "angry a" + "\u0301\u0323" * 60_000, "truncated"),
    _decided(
        "29 expanding ligatures",
        "\ufdfa" * 60_000,
        "truncated",
        "unsupported_language",
        "no_content",
    ),
    _decided(
        "30 zero width inside words",
        "where is o\u200brder JD2026\u200b0101888",
        entity="JD2026\u200b0101888",
    ),
    _decided(
        "31 bidi overrides", "\u202ewhere is my order\u202c JD20260101888", entity="JD20260101888"
    ),
    _decided("32 tag characters", "hello" + "".join(chr(0xE0000 + ord(c)) for c in "refund")),
    _decided(
        "33 full-width", "订单ＪＤ２０２６０１０１８８８还没到", entity="ＪＤ２０２６０１０１８８８"
    ),
    _decided(
        "33 after an expanding character",
        "㍿的订单JD20260101888呢，还没有到",
        entity="JD20260101888",
    ),
    _decided("34 emoji only", "👨‍👩‍👧‍👦🇨🇳👍🏽"),
    _decided("35 variation selectors", "hi" + "\ufe0f" * 10_000, "truncated"),
    _decided("36 Thai", "สั่งซื้อเมื่อวานยังไม่ได้รับของเลย", "unsupported_language", "no_content"),
    _decided("37 noncharacters", "hello \ufffe\uffff there"),
    _decided(
        "38 markup and log forging", '<script>x</script> {{7*7}} \'; DROP\r\n{"level":"error"}'
    ),
    _decided("40 terminal escapes", "\x1b[31mred\x1b[0m alert"),
    BadInput("42 far future", message("hi", sent_at="2099-01-01T00:00:00Z")),
    BadInput("42 year one", message("hi", sent_at="0001-01-01T00:00:00Z")),
    BadInput("42 nanoseconds as a number", message("hi", sent_at=1767225600000000000), "schema"),
    BadInput("42 not a time", message("hi", sent_at="yesterday"), "schema"),
    BadInput(
        "45 1,000 headers", message("hi"), headers=tuple((f"h{n}", b"v") for n in range(1_000))
    ),
    BadInput("45 odd headers", message("hi"), headers=(("a", None), ("a", b"\xff"), ("", b""))),
    BadInput(
        "46 headers that look like ours",
        b"{",
        "parse",
        headers=(("__connect.errors.topic", b"x"), ("x-chat-router-reason", b"y")),
    ),
    BadInput(
        "47 a dead letter for the fifth time",
        message("hi"),
        "loop",
        headers=(("x-chat-router-attempts", b"4"),),
    ),
    BadInput("48 gzip inside", b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "encoding"),
    BadInput("56 a conversation id of 1 KB", message("hi", conversation_id="c" * 1_000), "schema"),
    BadInput("56 a path as conversation id", message("hi", conversation_id="../../etc")),
    BadInput("56 a tenant with a colon", message("hi", tenant_id="a:b"), "schema"),
    _decided("57 nothing but unknown tokens", "\U000f0000\U000f0001", "no_content"),
)
