"""Hides people in texts that leave the topics: what a name, number or address was cannot be told.

Every masked character keeps its kind (digits become 0, letters x, Chinese characters 某), so that
a text keeps its length and shape, and a model trained on it still meets what looks like one.
"""

import re
from collections.abc import Iterable

from consumer.contract.decision import Entity
from consumer.inference.canonical import canonicalise
from consumer.inference.patterns import find_patterns
from consumer.inference.tokenizer import MAX_CHARS

# Codes name an order, and an order names a person.
HIDDEN_TYPES = frozenset(
    (
        "PHONE",
        "EMAIL",
        "ADDRESS",
        "PERSON",
        "ACCOUNT_ID",
        "ORDER_ID",
        "TRACKING_ID",
        "INVOICE_ID",
    )
)
# Numbers that nothing has named: from so many digits on they may be somebody's.
_NUMBER = re.compile(r"\d(?:[ -]?\d){5,}")
_MAIL = re.compile(r"[^\s@<>(),;:，。；：（）]+@[^\s@<>(),;:，。；：（）]+")


def masked_text(text: str, entities: Iterable[Entity]) -> str:
    """The text without anything personal that is known or looks like it."""
    spans = [(one.start, one.end) for one in entities if one.type in HIDDEN_TYPES]
    form = canonicalise(text, MAX_CHARS)
    spans += [
        form.raw_span(one.start, one.end)
        for one in find_patterns(form.text)
        if one.type in HIDDEN_TYPES
    ]
    spans += [match.span() for pattern in (_NUMBER, _MAIL) for match in pattern.finditer(text)]
    found = list(text)
    for start, end in spans:
        found[start:end] = map(_hidden, text[start:end])
    return "".join(found)


def _hidden(char: str) -> str:
    if char.isdigit():
        return "0"
    if not char.isalpha():
        return char
    return "x" if char.isascii() else "某"
