"""The fields that conditions may name: how each is read, its type, its operators, known values.

A closed list, but for the families: `attributes.<name>` and `entity.<TYPE>` are open,
`calendar.<name>` and `dictionary.<name>` take the names of the rules file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from consumer.contract.known_values import (
    ANGER_LEVELS,
    CATEGORIES,
    DEGRADED_REASONS,
    ESCALATION_KINDS,
    SENTIMENTS,
    TIERS,
)
from consumer.routing.features import Features
from consumer.routing.vocabulary import NO_NAMES, Bound, Vocabulary

Scalar = str | float | bool
Operand = str | float | bool | tuple[str, ...] | Bound
FieldType = Literal["text", "number", "flag", "list"]
FieldValue = str | float | bool | tuple[str, ...] | None

ATTRIBUTE_PREFIX = "attributes."
ENTITY_PREFIX = "entity."
CALENDAR_PREFIX = "calendar."
DICTIONARY_PREFIX = "dictionary."
INTENT_STATUSES = ("ok", "ambiguous", "out_of_scope", "unsupported_language")
_KEYED = frozenset(
    (
        "category.label",
        "intent.name",
        "intent.status",
        "escalation.kinds",
        "degraded",
        "degraded_reasons",
    )
)
INTENT_ORIGINS = ("message", "conversation")

OPERATORS: dict[FieldType, tuple[str, ...]] = {
    "text": ("eq", "ne", "in", "exists", "matches"),
    "number": ("eq", "ne", "gte", "lte", "gt", "lt"),
    "flag": ("eq", "ne"),
    "list": ("has", "exists"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `known` are the values that can occur; empty where any may.

    `keyed` marks the few labels by which routes are always shortlisted.
    """

    name: str
    type: FieldType
    read: Callable[[Features], FieldValue]
    known: tuple[str, ...] = ()
    keyed: bool = False

    @property
    def number(self) -> Callable[[Features], float]:
        """The reader of a number field."""
        return self.read  # type: ignore[return-value]  # `type` is checked when rules are loaded

    @property
    def members(self) -> Callable[[Features], tuple[str, ...]]:
        """The reader of a list field."""
        return self.read  # type: ignore[return-value]  # `type` is checked when rules are loaded


def _entity_types(features: Features) -> tuple[str, ...]:
    return tuple([entity.type for entity in features.entities]) if features.entities else ()


def _field(
    name: str, kind: FieldType, known: tuple[str, ...] = (), path: str | None = None
) -> Field:
    return Field(name, kind, attrgetter(path or name), known, name in _KEYED)


_FIELDS = {
    field.name: field
    for field in (
        _field("category.label", "text", CATEGORIES),
        _field("category.confidence", "number"),
        _field("intent.name", "text"),
        _field("intent.status", "text", INTENT_STATUSES),
        _field("intent.from", "text", INTENT_ORIGINS, path="intent.origin"),
        _field("intent.confidence", "number"),
        _field("intent.margin", "number"),
        _field("sentiment.label", "text", SENTIMENTS),
        _field("sentiment.score", "number"),
        _field("anger.score", "number"),
        _field("anger.level", "text", ANGER_LEVELS),
        _field("conversation.mood", "number"),
        _field("conversation.trend", "number"),
        _field("conversation.negative_streak", "number"),
        _field("conversation.unresolved_turns", "number"),
        _field("conversation.turns", "number"),
        _field("conversation.customer_turns", "number"),
        _field("conversation.anger_peak", "number"),
        _field("conversation.repeat_contact", "flag"),
        _field("escalation.kinds", "list", ESCALATION_KINDS),
        _field("escalation.severity", "number"),
        _field("customer.tier", "text", TIERS),
        _field("customer.open_orders", "number"),
        _field("customer.contacts_7d", "number"),
        _field("channel", "text"),
        _field("language.code", "text"),
        _field("language.confidence", "number"),
        Field("entities", "list", _entity_types),
        _field("degraded", "flag"),
        _field("degraded_reasons", "list", DEGRADED_REASONS),
    )
}

FIELD_NAMES = (
    *_FIELDS,
    "phrases",
    "product.brand",
    "product.name",
    "product.queue",
    f"{ATTRIBUTE_PREFIX}<name>",
    f"{ENTITY_PREFIX}<TYPE>",
)


def known_fields(names: Vocabulary) -> tuple[str, ...]:
    """Every field that may be named, the families' with the names of the rules file."""
    own = [f"{CALENDAR_PREFIX}{name}" for name in names.calendars]
    own += [f"{DICTIONARY_PREFIX}{name}" for name in names.dictionaries]
    return (*FIELD_NAMES, *own)


def find_field(name: str, names: Vocabulary = NO_NAMES) -> Field | None:
    """The field of that name, or None."""
    prefix, dot, rest = name.partition(".")
    family = _FAMILIES.get(prefix + dot)
    if family is not None:
        return family(name, rest, names) if rest else None
    if name == "phrases":
        return Field(name, "list", lambda features: features.findings.phrases, names.phrases)
    return _FIELDS.get(name)


def _attribute(name: str, key: str, _names: Vocabulary) -> Field:
    return Field(name, "text", lambda features: features.attributes.get(key))


def _entity(name: str, kind: str, _names: Vocabulary) -> Field:
    def read(features: Features) -> str | None:
        for entity in features.entities:
            if entity.type == kind:
                return entity.normalized
        return None

    return Field(name, "text", read)


def _calendar(name: str, calendar_name: str, names: Vocabulary) -> Field | None:
    calendar = names.calendars.get(calendar_name)
    if calendar is None:
        return None
    is_open = calendar.is_open
    return Field(name, "flag", lambda features: is_open(features.at_ms))


def _dictionary(name: str, dictionary: str, names: Vocabulary) -> Field | None:
    if dictionary not in names.dictionaries:
        return None
    known = names.dictionaries[dictionary]
    return Field(name, "text", lambda features: features.findings.terms.get(dictionary), known)


def _product(name: str, column: str, names: Vocabulary) -> Field | None:
    columns = {
        "brand": ("brand", names.brands),
        "name": ("product", names.products),
        "queue": ("queue", names.product_queues),
    }
    if column not in columns:
        return None
    attribute, known = columns[column]

    def read(features: Features) -> str | None:
        product = features.findings.product
        return None if product is None else getattr(product, attribute)

    return Field(name, "text", read, known)


_FAMILIES: dict[str, Callable[[str, str, Vocabulary], Field | None]] = {
    ATTRIBUTE_PREFIX: _attribute,
    ENTITY_PREFIX: _entity,
    CALENDAR_PREFIX: _calendar,
    DICTIONARY_PREFIX: _dictionary,
    "product.": _product,
}
