"""Entities that are told by their shape: numbers, codes, money, dates, addresses of mail.

Finds spans in canonical text; every pattern is linear in its length. Masks nothing.
"""

import re
from itertools import islice
from string import ascii_letters

from consumer.inference.code_names import name_before
from consumer.inference.personal import is_card_number, is_identity_number
from consumer.records import Span

SURE, UNSURE = 1.0, 0.5
"""Confidence of a span; an unsure one is a code that nothing names, and gives way to a model's."""

MAX_SPANS = 50
"""Spans told of one text: a message of nothing but numbers must not make a huge decision."""

_DIGIT = re.compile(r"[0-9]")
_MAX_LEAD = 25
_LEAD = f"{ascii_letters}.¥$€£+(-"
"""A match holds a digit; before its first stand at most so many of these, then a space."""

_MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_NUMBER = r"\d{1,12}(?:,\d{3}){0,4}(?:\.\d{1,2})?"
# No unit begins like a number ends: there is nothing to give back.
_WHOLE_NUMBER = r"\d{1,12}+(?:,\d{3}){0,4}+(?:\.\d{1,2}+)?+"
_SIGN_BEFORE = r"(?:[¥$€£]|US\$|USD|RMB|CNY|EUR|GBP|HK\$)"
_UNIT_BEHIND = (
    r"(?:万?元|块\d(?!\d)|块钱|块(?![一-鿿])|块(?=[了吧的多啊呢])|美元|欧元|英镑|港币|€"
    r"|(?:USD|RMB|CNY|EUR|GBP|dollars?|euros?|pounds?|bucks|yuan)(?![A-Za-z]))"
)
_SHAPED = re.compile(
    r"(?<![A-Za-z0-9.])(?<![A-Za-z0-9]-)(?!(?<=\d,)\d{3}(?!\d))(?=[0-9A-Za-z¥$€£+(])(?:"
    r"(?P<DATE>(?:19|20)\d\d(?:-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2}|\.\d{1,2}\.\d{1,2}"
    r"|年\d{1,2}月(?:\d{1,2}[日号]?)?)(?![\d-])|\d{1,2}+月\d{1,2}[日号]?(?!\d)"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?![0-9A-Za-z])(?:,? (?:19|20)\d\d(?!\d))?"
    rf"|\d{{1,2}}+(?:st|nd|rd|th)? (?:of )?{_MONTH}(?![A-Za-z])(?: (?:19|20)\d\d(?!\d))?)"
    rf"|(?P<AMOUNT>{_SIGN_BEFORE} ?{_NUMBER}(?![\d.]\d)|{_WHOLE_NUMBER} ?{_UNIT_BEHIND})"
    r"|(?P<PHONE>\+\d{1,3}[ -]?(?:\(\d{1,4}\)[ -]?)?\d{2,5}(?:[ -]?\d{2,5}){1,4}(?![\d-])"
    r"|(?:86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![\dA-Za-z-])|0\d{2,3}-\d{7,8}(?![\d-])"
    r"|[48]00-?\d{3}-?\d{4}(?![\d-])|\(\d{3}\) ?\d{3}-\d{4}(?![\d-])"
    r"|\d{3}[-.]\d{3}[-.]\d{4}(?![\d-]))"
    r"|(?P<TRACKING_ID>(?:SF|sf)\d{12,15}|(?:YT|yt)\d{13,18}|(?:ZTO|JT)\d{12,15}|JJ?D0\d{12,20}"
    r"|1Z[0-9A-Z]{16}|TBA\d{12}|JD[A-Z]{1,2}\d{10,16}|[A-Z]{2}\d{9}[A-Z]{2})(?![A-Za-z0-9])"
    r"|(?P<ORDER_ID>\d{3}-\d{7}-\d{7}(?![\d-]))"
    r"|(?P<code>\d{4,5}(?: \d{4}){1,5}(?: \d{2,3})?(?![\d-])"
    r"|(?=[A-Za-z-]{0,24}+\d)(?=[A-Za-z0-9-]{4,40}+(?![A-Za-z0-9-]))"
    r"[A-Za-z0-9]++(?:-[A-Za-z0-9]++)*+(?!-))"
    r")"
)
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}"
)

_MIN_BARE_CODE = 5
"""Characters of a code after `order` without "no." or "#": "order 2000 of these" names none."""

_LONG_CODE = re.compile(r"[A-Za-z]{1,4}-?\d{8,20}(?:-\d{1,6})?|[\d ]{12,27}|\d{17}[Xx]")
_MIN_PERSONAL = 13
_MIN_HASH_DIGITS = 6


def find_patterns(text: str) -> list[Span]:
    """Spans of the canonical text in order, none overlapping another."""
    shaped = _shaped(text)
    if "@" not in text:
        return shaped
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


def _shaped(text: str) -> list[Span]:
    spans: list[Span] = []
    end = 0
    while len(spans) < MAX_SPANS and (digit := _DIGIT.search(text, end)):
        match = _SHAPED.search(text, _lead(text, end, digit.start()))
        if match is None:
            break
        start, end = match.span()
        span = _span(text, match.lastgroup or "", match.group(), start, end)
        if span is not None:
            spans.append(span)
    return spans


def _lead(text: str, end: int, digit: int) -> int:
    """The first place from which a match could hold this digit; what is before needs no look."""
    start = max(end, digit - _MAX_LEAD)
    return start + len(text[start:digit].rstrip(" ").rstrip(_LEAD))


def _span(text: str, kind: str, value: str, start: int, end: int) -> Span | None:
    if kind in ("DATE", "AMOUNT"):
        return Span(kind, start, end, SURE)
    length = end - start
    if length >= _MIN_PERSONAL and (is_card_number(value) or is_identity_number(value)):
        return Span("ACCOUNT_ID", start, end, SURE)
    name, certain = name_before(text, start)
    if name is not None and (certain or length >= _MIN_BARE_CODE):
        return Span(name, start, end, SURE)
    if kind != "code":
        return Span(kind, start, end, SURE)
    confidence = _unnamed(text, value, start)
    return None if confidence is None else Span("ORDER_ID", start, end, confidence)


def _unnamed(text: str, value: str, start: int) -> float | None:
    """How sure it is that a code without a name is an order; None if it is no code."""
    if start and text[start - 1] == "#":
        digits = sum(char.isdigit() for char in value)
        return SURE if digits >= _MIN_HASH_DIGITS or not value.isdigit() else None
    return UNSURE if _LONG_CODE.fullmatch(value) else None
