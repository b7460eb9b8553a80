"""Small changes to a row that leave its labels true: case, width, typos, new numbers.

Works on the pieces between and inside spans, so that spans stay right. Invents no words.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from random import Random

from exporters.rows import Row, Span

CHANGE_CHANCE = 0.7
"""Share of the rows that are changed at all."""

TYPO_CHANCE = 0.05
"""Chance of a slip for each letter of a text that gets typos."""

SWAP_CHANCE = 0.5
"""Share of the entities of a changed row that another one of the type replaces."""

STYLE_CHANCE = 0.5
"""Share of the refilled numbers that take the form of another shop."""

NUMBERS = frozenset({"ORDER_ID", "TRACKING_ID", "INVOICE_ID", "ACCOUNT_ID", "PHONE"})
_MADE_UP_SOURCES = frozenset({"bitext"})
"""Sources that repeat a handful of numbers: theirs are always refilled."""

# 9 stands for any digit, A for any capital.
_STYLES = {
    "ORDER_ID": (
        "JD99999999999",
        "999-9999999-9999999",
        "#A9999",
        "SO-99999",
        "9999999999",
        "AA999999",
        "A9A9AA",
        "9999999999999999",
        "99999",
        "AAA-9999-99",
    ),
    "INVOICE_ID": ("INV-99999", "FP99999999", "9999999", "AA-9999-999", "99999999"),
    "TRACKING_ID": ("SF9999999999999", "1ZA99A99999999999", "YT9999999999999", "9999999999999"),
}
_FULL_WIDTH_SHIFT = 0xFEE0
_FULL_WIDTH = {code: code + _FULL_WIDTH_SHIFT for code in range(ord("!"), ord("~") + 1)}

_SMILEYS = "🙂😅🙏📦🤔👀🛒✨📱🙋"

Piece = tuple[str, str | None]
"""Text and its entity type, None between entities."""

Pieces = list[Piece]
Mentions = Mapping[tuple[str, str], tuple[str, ...]]
"""Entities by language and type."""


def mentions_of(rows: Iterable[Row]) -> Mentions:
    """Every entity of the rows, by language and type."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        for span in row.spans or ():
            found[row.language, span.type].add(row.text[span.start : span.end])
    return {key: tuple(sorted(texts)) for key, texts in found.items()}


def augmented(row: Row, rng: Random, mentions: Mentions | None = None) -> Row:
    """The row, or a changed copy of it; `mentions` may take the place of its entities."""
    always = row.source in _MADE_UP_SOURCES
    changed = rng.random() < CHANGE_CHANCE
    if not (always or changed):
        return row
    pieces = _pieces(row)
    if row.spans:
        pieces = [_replaced(piece, row.language, mentions or {}, rng) for piece in pieces]
        pieces = [(_refilled(text, name, rng), name) for text, name in pieces]
    if changed:
        pieces = rng.choice(_CHANGES)(pieces, rng)
    return _joined(row, pieces)


def _pieces(row: Row) -> Pieces:
    pieces: Pieces = []
    done = 0
    for span in sorted(row.spans or (), key=lambda one: one.start):
        if span.start < done:
            continue
        pieces.append((row.text[done : span.start], None))
        pieces.append((row.text[span.start : span.end], span.type))
        done = span.end
    pieces.append((row.text[done:], None))
    return pieces


def _joined(row: Row, pieces: Pieces) -> Row:
    text, spans = "", []
    for part, name in pieces:
        if name is not None and part:
            spans.append(Span(len(text), len(text) + len(part), name))
        text += part
    if not text.strip():
        return row
    return replace(row, text=text, spans=None if row.spans is None else tuple(spans))


def _replaced(piece: Piece, language: str, mentions: Mentions, rng: Random) -> Piece:
    """Another entity of the same type, now and then: context must tell, not the name."""
    name = piece[1]
    others = mentions.get((language, name)) if name else None
    if not others or rng.random() >= SWAP_CHANCE:
        return piece
    return rng.choice(others), name


def _refilled(text: str, name: str | None, rng: Random) -> str:
    if name not in NUMBERS:
        return text
    styles = _STYLES.get(name)
    if styles and rng.random() < STYLE_CHANCE:
        text = rng.choice(styles).replace("A", "\0")
        return "".join(_drawn(char, rng) for char in text)
    return "".join(_drawn(char, rng) for char in text)


def _drawn(char: str, rng: Random) -> str:
    if char == "\0":
        return rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ")
    return rng.choice("0123456789") if char.isdigit() and char.isascii() else char


def _lower(pieces: Pieces, _rng: Random) -> Pieces:
    return [(text.lower(), name) for text, name in pieces]


def _full_width(pieces: Pieces, _rng: Random) -> Pieces:
    return [(text.translate(_FULL_WIDTH), name) for text, name in pieces]


def _typos(pieces: Pieces, rng: Random) -> Pieces:
    return [(text if name else _mistyped(text, rng), name) for text, name in pieces]


def _mistyped(text: str, rng: Random) -> str:
    letters = list(text)
    for at, char in enumerate(letters):
        if char.isascii() and char.isalpha() and rng.random() < TYPO_CHANCE:
            letters[at] = rng.choice(("", char * 2, chr(rng.randint(ord("a"), ord("z")))))
    return "".join(letters)


def _bare_end(pieces: Pieces, _rng: Random) -> Pieces:
    text, name = pieces[-1]
    return [*pieces[:-1], (text.rstrip(" .!?。！？~～…"), name)]


def _no_commas(pieces: Pieces, _rng: Random) -> Pieces:
    return [(text.replace(",", "").replace("，", " "), name) for text, name in pieces]


def _smiley(pieces: Pieces, rng: Random) -> Pieces:
    """One that says nothing of its own, at the end."""
    return [*pieces, (f" {rng.choice(_SMILEYS)}", None)]


def _unchanged(pieces: Pieces, _rng: Random) -> Pieces:
    return pieces


_CHANGES: tuple[Callable[[Pieces, Random], Pieces], ...] = (
    _lower,
    _typos,
    _typos,
    _typos,
    _smiley,
    _bare_end,
    _no_commas,
    _full_width,
    _unchanged,
    _unchanged,
    _unchanged,
)
