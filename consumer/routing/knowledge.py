"""What is known beside the models: phrases, dictionaries and the table of products of the rules.

Looks at one text and tells names and values of the rules file, never words of the text.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from consumer.contract.decision import Entity
from consumer.routing.phrases import PhraseList

PRODUCT_ENTITIES = frozenset(("BRAND", "PRODUCT", "MODEL"))
# Beyond so many terms looking them up is cheaper than trying each.
MAX_TRIED_TERMS = 100

_Value = TypeVar("_Value")
Search = Callable[[str, int], tuple[int, int] | None]


class ProductRow(Struct, frozen=True, gc=False):
    """A row of the table of products; empty where the row says nothing."""

    brand: str
    product: str = ""
    queue: str = ""


class Findings(Struct, frozen=True, gc=False):
    """Names of the phrase lists that hit, values by dictionary, and the product spoken of."""

    phrases: tuple[str, ...] = ()
    terms: Mapping[str, str] = {}
    product: ProductRow | None = None


NOTHING_FOUND = Findings()


class Found(Protocol):
    """What the rules' own lists found in a text: `Findings`, or one that looks when asked."""

    @property
    def phrases(self) -> tuple[str, ...]:
        """Names of the phrase lists that hit."""
        ...

    @property
    def terms(self) -> Mapping[str, str]:
        """Values by dictionary."""
        ...

    @property
    def product(self) -> ProductRow | None:
        """The product spoken of."""
        ...


class Terms(Generic[_Value]):
    """Literal terms and what each stands for. The first in the text counts, the longest there.

    Latin terms must not touch other letters or digits.
    """

    def __init__(self, values: Mapping[str, _Value]) -> None:
        self._values = {term.lower().strip(): value for term, value in values.items()}
        tried = len(self._values) <= MAX_TRIED_TERMS
        self._search = _trying(self._values) if tried else _by_heads(self._values)

    def find(self, lowered: str) -> _Value | None:
        """The value of the first term of a lower-case text."""
        at = 0
        while (found := self._search(lowered, at)) is not None:
            start, end = found
            if _stands_alone(lowered, start, end):
                return self._values[lowered[start:end]]
            at = start + 1
        return None

    def of(self, term: str) -> _Value | None:
        """The value of a whole term."""
        return self._values.get(term)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything that a ruleset looks for in texts."""

    phrases: Mapping[str, PhraseList] = field(default_factory=dict)
    dictionaries: Mapping[str, Terms[str]] = field(default_factory=dict)
    products: Terms[ProductRow] | None = None

    def look(self, text: str, entities: Sequence[Entity]) -> Findings:
        """What the text holds; entities of the models come before words of the table."""
        if not self.phrases and not self.dictionaries and self.products is None:
            return NOTHING_FOUND
        phrases = tuple([name for name, one in self.phrases.items() if one.find(text)])
        if not self.dictionaries and self.products is None:
            return Findings(phrases) if phrases else NOTHING_FOUND
        lowered = text.lower()
        terms = {
            name: value for name, one in self.dictionaries.items() if (value := one.find(lowered))
        }
        return Findings(phrases, terms, self._product(lowered, entities))

    def _product(self, lowered: str, entities: Sequence[Entity]) -> ProductRow | None:
        if self.products is None:
            return None
        for entity in entities:
            if entity.type in PRODUCT_ENTITIES:
                row = self.products.of(entity.normalized.lower()) or self.products.find(
                    entity.normalized.lower()
                )
                if row is not None:
                    return row
        return self.products.find(lowered)


class Glance(Struct, gc=False):
    """Findings of a text that is read only if a rule asks: most messages meet no such rule."""

    knowledge: Knowledge
    text: str
    entities: Sequence[Entity]
    found: Findings | None = None

    @property
    def phrases(self) -> tuple[str, ...]:
        """Names of the phrase lists that hit."""
        return self._look().phrases

    @property
    def terms(self) -> Mapping[str, str]:
        """Values by dictionary."""
        return self._look().terms

    @property
    def product(self) -> ProductRow | None:
        """The product spoken of."""
        return self._look().product

    def _look(self) -> Findings:
        if self.found is None:
            self.found = self.knowledge.look(self.text, self.entities)
        return self.found


def _trying(terms: Iterable[str]) -> Search:
    """Every term at every place, in C: the cheapest while they are few."""
    longest_first = sorted(terms, key=lambda term: (-len(term), term))
    search = re.compile("|".join(map(re.escape, longest_first))).search

    def find(text: str, at: int) -> tuple[int, int] | None:
        found = search(text, at)
        return None if found is None else found.span()

    return find


def _by_heads(terms: Collection[str]) -> Search:
    """At every place, the terms with the two characters there: however many there are."""
    lengths: dict[str, set[int]] = {}
    for term in terms:
        lengths.setdefault(term[:2], set()).add(len(term))
    heads = {head: sorted(found, reverse=True) for head, found in lengths.items()}
    singles = frozenset(head for head in heads if len(head) == 1)

    def find(text: str, at: int) -> tuple[int, int] | None:
        for start in range(at, len(text)):
            head = text[start : start + 2]
            if head in heads:
                for length in heads[head]:
                    if text[start : start + length] in terms:
                        return start, start + length
            if singles and text[start] in singles:
                return start, start + 1
        return None

    return find


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (_is_latin(before) and _is_latin(text[start])) and not (
        _is_latin(after) and _is_latin(text[end - 1])
    )


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()
