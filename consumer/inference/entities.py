"""Entities of one text: the model's spans and the patterns', merged, normalised and masked.

Offsets are code points of the raw text. No personal value leaves this file unmasked.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from consumer.contract.decision import Entity
from consumer.inference.canonical import Canonical
from consumer.inference.patterns import SURE, find_patterns
from consumer.inference.personal import is_personal, masked
from consumer.inference.prepared import Prepared
from consumer.records import Span

_CERTAIN = frozenset(("ORDER_ID", "PHONE", "EMAIL", "AMOUNT", "TRACKING_ID", "ACCOUNT_ID"))
"""Types where the shape knows better than the model."""

_ALWAYS_PERSONAL = frozenset(("PHONE", "EMAIL"))
_CODES = frozenset(("ORDER_ID", "TRACKING_ID", "INVOICE_ID", "ACCOUNT_ID"))
_SPACES = re.compile(r"\s+")
_DATE_PARTS = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})\D?")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_TENTHS = re.compile(r"块(\d)")
_CURRENCIES = (
    ("CNY", re.compile(r"¥|[元块]|RMB|CNY|yuan", re.IGNORECASE)),
    ("USD", re.compile(r"(?<!HK)\$|美元|USD|dollar|buck", re.IGNORECASE)),
    ("EUR", re.compile(r"€|欧元|EUR", re.IGNORECASE)),
    ("GBP", re.compile(r"£|英镑|GBP|pound", re.IGNORECASE)),
    ("HKD", re.compile(r"HK\$|港币", re.IGNORECASE)),
)
_TEN_THOUSAND = 10_000


def to_entities(prepared: Prepared, spans: Sequence[Span]) -> tuple[Entity, ...]:
    """Entities of a text, in order of their start, none overlapping another."""
    shaped = _found(prepared.canonical)
    if not shaped and not spans:
        return ()
    if not spans:
        return tuple([_entity(prepared.text, span, "regex") for span in shaped])
    return tuple(
        [
            _entity(prepared.text, span, "regex" if any(span is one for one in shaped) else "model")
            for span in merged(spans, shaped)
        ]
    )


def _found(form: Canonical) -> list[Span]:
    """The patterns' spans, of the raw text."""
    spans = find_patterns(form.text)
    if form.offsets is None:
        return spans
    return [Span(one.type, *form.raw_span(one.start, one.end), one.confidence) for one in spans]


def merged(model: Sequence[Span], shaped: Sequence[Span]) -> list[Span]:
    """Spans of both, without overlaps.

    A sure pattern of a certain type wins, else the longer; but a mail or phone number always
    wins, and an address keeps what is inside it, as its parts would leave unmasked.
    """
    kept = list(shaped)
    for span in sorted(model, key=_length, reverse=True):
        rivals = [one for one in kept if one.start < span.end and span.start < one.end]
        if all(_gives_way(one, span, shaped) for one in rivals):
            kept = [one for one in kept if all(one is not rival for rival in rivals)]
            kept.append(span)
    kept.sort(key=_start)
    return kept


def _gives_way(rival: Span, span: Span, shaped: Sequence[Span]) -> bool:
    """Whether what was kept makes room for a span of the model."""
    if all(rival is not one for one in shaped):
        return False  # the model's longer span came first
    if span.type == "ADDRESS" and rival.type not in _ALWAYS_PERSONAL:
        return span.start <= rival.start and rival.end <= span.end
    if rival.type in _CERTAIN:
        return rival.confidence < SURE
    return _length(span) > _length(rival)


def _length(span: Span) -> int:
    return span.end - span.start


def _start(span: Span) -> int:
    return span.start


def _entity(text: str, span: Span, source: str) -> Entity:
    kind, value = span.type, text[span.start : span.end]
    plain = value if value.isascii() else unicodedata.normalize("NFKC", value)
    if is_personal(kind, plain):
        value = normalized = masked(kind, plain)
    else:
        normalized = normalised(kind, plain)
    return Entity(kind, value, normalized, span.start, span.end, span.confidence, source)


def normalised(kind: str, value: str) -> str:
    """One spelling for equal things: codes in capitals, money as `128.50 CNY`, ISO dates."""
    if kind in _CODES:
        return _SPACES.sub("", value).upper()
    if kind == "AMOUNT":
        return _amount(value)
    if kind == "DATE":
        return _date(value)
    return _SPACES.sub(" ", value).strip().lower()


def _amount(value: str) -> str:
    number = _NUMBER.search(value)
    if number is None:
        return value
    figure = float(number.group().replace(",", ""))
    tenths = _TENTHS.search(value)
    if tenths is not None:
        figure += int(tenths.group(1)) / 10
    if "万" in value:
        figure *= _TEN_THOUSAND
    currency = next((code for code, sign in _CURRENCIES if sign.search(value)), "")
    return f"{figure:.2f} {currency}".rstrip()


def _date(value: str) -> str:
    parts = _DATE_PARTS.fullmatch(value)
    if parts is None:
        return _SPACES.sub(" ", value).strip().lower()
    try:
        return date(*(int(part) for part in parts.groups())).isoformat()
    except ValueError:
        return value
