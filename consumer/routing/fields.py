"""The fields that conditions may name: how each is read, its type, its operators, known values.

A closed list. `attributes.<name>` is the only open one.
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

Scalar = str | float | bool
Operand = str | float | bool | tuple[str, ...]
FieldType = Literal["text", "number", "flag", "list"]
FieldValue = str | float | bool | tuple[str, ...] | None

ATTRIBUTE_PREFIX = "attributes."
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
    "text": ("eq", "ne", "in", "exists"),
    "number": ("eq", "ne", "gte", "lte", "gt", "lt"),
    "flag": ("eq", "ne"),
    "list": ("has", "exists"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `known` are the values that can occur; empty where any may.

    `keyed` marks the few labels by which routes are shortlisted.
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
        _field("channel", "text"),
        _field("language.code", "text"),
        _field("language.confidence", "number"),
        Field("entities", "list", _entity_types),
        _field("degraded", "flag"),
        _field("degraded_reasons", "list", DEGRADED_REASONS),
    )
}

FIELD_NAMES = (*_FIELDS, f"{ATTRIBUTE_PREFIX}<name>")


def find_field(name: str) -> Field | None:
    """The field of that name, or None."""
    if name.startswith(ATTRIBUTE_PREFIX) and len(name) > len(ATTRIBUTE_PREFIX):
        return _attribute(name)
    return _FIELDS.get(name)


def _attribute(name: str) -> Field:
    key = name.removeprefix(ATTRIBUTE_PREFIX)
    return Field(name, "text", lambda features: features.attributes.get(key))
