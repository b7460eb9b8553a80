"""Texts and targets with bounded placeholders. Never looks into the message's text.

Reason and summary texts take values of the decision; a target's id takes `{language}`,
`{entity.TYPE}`, `{product.queue}` and `{dictionary.name}`. An entity goes into a target only if it
is made of plain characters: a masked or odd value makes the route inapplicable instead of building
a path that nobody meant.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Generic, Protocol, TypeVar

from consumer.contract.decision import Entity, ReasonText, Target
from consumer.routing.knowledge import Found

LANGUAGE = "language"
ENTITY_PREFIX = "entity."
DICTIONARY_PREFIX = "dictionary."
PRODUCT_QUEUE = "product.queue"
MAX_TEXT_CHARACTERS = 500
_SAFE_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

_Scene = TypeVar("_Scene")
Part = tuple[str, str | None]
Values = Mapping[str, str]


def parse(template: str) -> tuple[Part, ...]:
    """The template as (literal, placeholder) pairs.

    Raises:
        ValueError: unbalanced braces, or a placeholder with a format or conversion.
    """
    parts: list[Part] = []
    for literal, name, spec, conversion in Formatter().parse(template):
        if spec or conversion or name == "":
            message = f"placeholder {{{name}}} takes no format"
            raise ValueError(message)
        parts.append((literal, name))
    return tuple(parts)


def placeholders(template: str) -> frozenset[str]:
    """Names in braces."""
    return frozenset(name for _, name in parse(template) if name is not None)


def fill(parts: tuple[Part, ...], values: Values) -> str:
    """The text with its placeholders filled."""
    return "".join([text if name is None else text + values[name] for text, name in parts])


@dataclass(frozen=True, slots=True)
class TextPair(Generic[_Scene]):
    """A sentence in both languages, with places such as `%(tier)s`. `fixed` needs no reader."""

    en: str
    zh: str
    readers: Mapping[str, Callable[[_Scene], str]]
    fixed: ReasonText | None

    def render(self, scene: _Scene) -> ReasonText:
        """The sentence for this scene."""
        if self.fixed is not None:
            return self.fixed
        values = {name: read(scene) for name, read in self.readers.items()}
        return ReasonText(
            (self.en % values)[:MAX_TEXT_CHARACTERS],
            (self.zh % values)[:MAX_TEXT_CHARACTERS],
        )

    def settle(self, scene: _Scene, names: frozenset[str]) -> "TextPair[_Scene]":
        """The sentence for scenes that all tell the same of `names`: only the rest stays open."""
        left = {name: read for name, read in self.readers.items() if name not in names}
        if not left:
            return TextPair(self.en, self.zh, left, self.render(scene))
        # It will be filled again: percent signs of texts and values must live through both.
        values = {
            name: f"%({name})s" if name in left else read(scene).replace("%", "%%")
            for name, read in self.readers.items()
        }
        english, chinese = (text.replace("%%", "%%%%") % values for text in (self.en, self.zh))
        return TextPair(english, chinese, left, None)


def text_pair(en: str, zh: str, values: Mapping[str, Callable[[_Scene], str]]) -> TextPair[_Scene]:
    """Compiles both texts; raises ValueError like `parse`."""
    names = tuple(sorted(placeholders(en) | placeholders(zh)))
    english, chinese = _with_places(parse(en)), _with_places(parse(zh))
    fixed = None if names else ReasonText(english % {}, chinese % {})
    return TextPair(english, chinese, {name: values[name] for name in names}, fixed)


def _with_places(parts: tuple[Part, ...]) -> str:
    """A %-format, half the cost of `str.format`: what it is given is plain text, never read."""
    return "".join(
        literal.replace("%", "%%") + ("" if name is None else f"%({name})s")
        for literal, name in parts
    )


class TargetSource(Protocol):
    """Where the placeholders of a target are filled from: the turn as rules see it."""

    @property
    def entities(self) -> tuple[Entity, ...]:
        """What the message names."""
        ...

    @property
    def findings(self) -> Found:
        """What the rules' own lists found."""
        ...


@dataclass(frozen=True, slots=True)
class TargetTemplate:
    """A target for one language. `fixed` is set where nothing of the message is needed."""

    type: str
    parts: tuple[Part, ...]
    skills: tuple[str, ...]
    fixed: Target | None

    def render(self, source: TargetSource) -> Target | None:
        """The target; None if something that it needs is missing or unfit."""
        if self.fixed is not None:
            return self.fixed
        values: dict[str, str] = {}
        for _, name in self.parts:
            if name is None:
                continue
            value = _value(name, source)
            if value is None:
                return None
            values[name] = value
        return Target(self.type, fill(self.parts, values), self.skills)


def target_template(
    kind: str, identifier: str, skills: tuple[str, ...], language: str
) -> TargetTemplate:
    """The target with its language filled in; raises ValueError like `parse`."""
    parts = tuple(_with_language(part, language) for part in parse(identifier))
    filled = tuple(
        fill(tuple(_with_language(part, language) for part in parse(skill)), {}) for skill in skills
    )
    static = all(name is None for _, name in parts)
    fixed = Target(kind, fill(parts, {}), filled) if static else None
    return TargetTemplate(kind, parts, filled, fixed)


def _with_language(part: Part, language: str) -> Part:
    literal, name = part
    return (literal + language, None) if name == LANGUAGE else part


def _value(name: str, source: TargetSource) -> str | None:
    if name.startswith(ENTITY_PREFIX):
        return _entity_value(name.removeprefix(ENTITY_PREFIX), source.entities)
    if name.startswith(DICTIONARY_PREFIX):
        return source.findings.terms.get(name.removeprefix(DICTIONARY_PREFIX))
    product = source.findings.product
    return product.queue or None if product is not None else None


def _entity_value(entity_type: str, entities: tuple[Entity, ...]) -> str | None:
    for entity in entities:
        if entity.type == entity_type and _SAFE_VALUE.fullmatch(entity.normalized):
            return entity.normalized
    return None
