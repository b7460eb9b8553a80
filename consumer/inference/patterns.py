"""Entities that are told by their shape: numbers, codes, money, dates, addresses of mail.

Finds spans in canonical text; every pattern is linear in its length. Masks nothing.
"""

import re
from collections.abc import Iterator
from itertools import islice

from consumer.inference.personal import is_card_number, is_identity_number
from consumer.records import Span

SURE, UNSURE = 1.0, 0.5
"""Confidence of a span; an unsure one is a code that nothing names, and gives way to a model's."""

MAX_SPANS = 50
"""Spans told of one text: a message of nothing but numbers must not make a huge decision."""

_SIGNS = re.compile(r"[0-9@]")
"""A text with neither has nothing that these patterns find."""

_MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_NUMBER = r"\d{1,12}(?:,\d{3}){0,4}(?:\.\d{1,2})?"
_SIGN_BEFORE = r"(?:[¥$€£]|US\$|USD|RMB|CNY|EUR|GBP|HK\$)"
_UNIT_BEHIND = (
    r"(?:万?元|块\d(?!\d)|块钱|块(?![一-鿿])|块(?=[了吧的多啊呢])|美元|欧元|英镑|港币|€"
    r"|(?:USD|RMB|CNY|EUR|GBP|dollars?|euros?|pounds?|bucks|yuan)(?![A-Za-z]))"
)
_SHAPED = re.compile(
    r"(?<![A-Za-z0-9.])(?<![A-Za-z0-9]-)(?!(?<=\d,)\d{3}(?!\d))(?=[0-9A-Za-z¥$€£+(])(?:"
    r"(?P<DATE>(?:19|20)\d\d(?:-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2}|\.\d{1,2}\.\d{1,2}"
    r"|年\d{1,2}月(?:\d{1,2}[日号]?)?)(?![\d-])|\d{1,2}月\d{1,2}[日号]?(?!\d)"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?![0-9A-Za-z])(?:,? (?:19|20)\d\d(?!\d))?"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}(?![A-Za-z])(?: (?:19|20)\d\d(?!\d))?)"
    rf"|(?P<AMOUNT>{_SIGN_BEFORE} ?{_NUMBER}(?![\d.]\d)|{_NUMBER} ?{_UNIT_BEHIND})"
    r"|(?P<PHONE>\+\d{1,3}[ -]?(?:\(\d{1,4}\)[ -]?)?\d{2,5}(?:[ -]?\d{2,5}){1,4}(?![\d-])"
    r"|(?:86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![\dA-Za-z-])|0\d{2,3}-\d{7,8}(?![\d-])"
    r"|[48]00-?\d{3}-?\d{4}(?![\d-])|\(\d{3}\) ?\d{3}-\d{4}(?![\d-])"
    r"|\d{3}[-.]\d{3}[-.]\d{4}(?![\d-]))"
    r"|(?P<TRACKING_ID>(?:SF|sf)\d{12,15}|(?:YT|yt)\d{13,18}|(?:ZTO|JT)\d{12,15}|JJ?D0\d{12,20}"
    r"|1Z[0-9A-Z]{16}|TBA\d{12}|JD[A-Z]{1,2}\d{10,16}|[A-Z]{2}\d{9}[A-Z]{2})(?![A-Za-z0-9])"
    r"|(?P<ORDER_ID>\d{3}-\d{7}-\d{7}(?![\d-]))"
    r"|(?P<code>\d{4,5}(?: \d{4}){1,5}(?: \d{2,3})?(?![\d-])"
    r"|(?=[A-Za-z-]{0,24}\d)[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){3,39}(?![A-Za-z0-9-]))"
    r")"
)
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}"
)

# What stands before a code names it.
_CONTEXT_CHARS = 28
_LABEL = re.compile(
    r"(?i:(?:(?P<TRACKING_ID>运单|运单号|快递单?|物流单?|包裹|貨運單?|tracking|waybill|awb|parcel)"
    r"|(?P<INVOICE_ID>发票|發票|invoice)"
    r"|(?P<ACCOUNT_ID>会员|會員|账号|账户|帐号|卡|uid|account|membership|card)"
    r"|(?P<ORDER_ID>订单|訂單|工单|预订|order|booking|reservation|case)"
    r"|(?P<PHONE>电话|電話|手机|手機|phone|tel|call)"
    r")(?P<filler>\s{0,3}(?:(?:number|no\.?|num|id|code|号码?|號碼?|编号|編號)\s{0,3})?(?:是|为|is)?"
    r"\s{0,3}[:#]?\s{0,3}#?)\Z)"
)
_MIN_BARE_CODE = 5
"""Characters of a code after `order` without "no." or "#": "order 2000 of these" names none."""

_LONG_CODE = re.compile(r"[A-Za-z]{1,4}-?\d{8,20}(?:-\d{1,6})?|[\d ]{12,27}|\d{17}[Xx]")
_MIN_PERSONAL = 13
_MIN_HASH_DIGITS = 6


def find_patterns(text: str) -> list[Span]:
    """Spans of the canonical text in order, none overlapping another."""
    if _SIGNS.search(text) is None:
        return []
    shaped = islice(_shaped(text), MAX_SPANS)
    if "@" not in text:
        return list(shaped)
    found = islice(_EMAIL.finditer(text), MAX_SPANS)
    taken = [Span("EMAIL", *match.span(), SURE) for match in found]
    mails = tuple(taken)
    taken += [
        span
        for span in shaped
        if all(span.end <= mail.start or mail.end <= span.start for mail in mails)
    ]
    taken.sort(key=_start)
    return taken


def _start(span: Span) -> int:
    return span.start


def _shaped(text: str) -> Iterator[Span]:
    for match in _SHAPED.finditer(text):
        kind, (start, end) = match.lastgroup or "", match.span()
        if kind in ("DATE", "AMOUNT"):
            yield Span(kind, start, end, SURE)
            continue
        value = match.group()
        if end - start >= _MIN_PERSONAL and (is_card_number(value) or is_identity_number(value)):
            yield Span("ACCOUNT_ID", start, end, SURE)
            continue
        named = _named(text, start, end)
        if kind == "code" and named is None:
            found = _unnamed(text, value, start)
            if found is not None:
                yield Span("ORDER_ID", start, end, found)
        else:
            yield Span(named or kind, start, end, SURE)


def _named(text: str, start: int, end: int) -> str | None:
    """Type of a code by the word before it."""
    label = _LABEL.search(text, max(0, start - _CONTEXT_CHARS), start)
    if label is None:
        return None
    if end - start < _MIN_BARE_CODE and not label.group("filler").strip():
        return None
    return next(kind for kind, word in label.groupdict().items() if word is not None)


def _unnamed(text: str, value: str, start: int) -> float | None:
    """How sure it is that a code without a name is an order; None if it is no code."""
    if start and text[start - 1] == "#":
        digits = sum(char.isdigit() for char in value)
        return SURE if digits >= _MIN_HASH_DIGITS or not value.isdigit() else None
    return UNSURE if _LONG_CODE.fullmatch(value) else None
