"""A turn as rules see it, with one thing changed. What follows from it is worked out anew."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from consumer.contract.decision import Entity
from consumer.contract.known_values import ANGER_LEVELS
from consumer.routing.features import EscalationView, Features
from consumer.routing.fields import ATTRIBUTE_PREFIX, DICTIONARY_PREFIX, ENTITY_PREFIX, FieldValue
from consumer.routing.knowledge import Findings, ProductRow
from consumer.routing.readings import intent_status, is_answerable, read_anger
from consumer.routing.rules import Ruleset

_SEVERITY = 2
_INVENTED = "A1"  # stands for a value that nobody gave

Change = Callable[[Features, Any], Features]


def varied(features: Features, field: str, value: FieldValue, rules: Ruleset) -> Features | None:
    """The turn with this field changed; None where the field cannot be changed alone."""
    change = _CHANGES.get(field) or _family(field)
    if change is None:
        return None
    return _settled(change(features, value), field, rules)


def _family(field: str) -> Change | None:
    for prefix, change in (
        (ATTRIBUTE_PREFIX, _attribute),
        (ENTITY_PREFIX, _entity),
        (DICTIONARY_PREFIX, _term),
    ):
        if field.startswith(prefix):
            return change(field.removeprefix(prefix))
    return None


def _settled(features: Features, field: str, rules: Ruleset) -> Features:
    """Status and answerability follow from what they depend on."""
    intent = features.intent
    if field in ("intent.confidence", "intent.margin", "intent.name"):
        status = intent_status(intent.confidence, intent.margin, rules.intent_bounds, intent.name)
        if intent.status != "unsupported_language":
            intent = replace(intent, status=status)
    answerable = (
        not features.degraded
        and intent.origin == "message"
        and is_answerable(intent, features.category, rules.intent_bounds, rules.category_bounds)
    )
    return replace(features, intent=intent, answerable=answerable)


def _inside(group: str, name: str) -> Change:
    def change(features: Features, value: Any) -> Features:
        return replace(features, **{group: replace(getattr(features, group), **{name: value})})

    return change


def _attribute(name: str) -> Change:
    return lambda features, value: replace(
        features, attributes={**features.attributes, name: value}
    )


def _entity(kind: str) -> Change:
    def change(features: Features, value: Any) -> Features:
        others = tuple(one for one in features.entities if one.type != kind)
        added = (Entity(kind, value, value, 0, 0, 1.0, "model"),) if value else ()
        return replace(features, entities=(*added, *others))

    return change


def _found(features: Features) -> Findings:
    found = features.findings
    return Findings(found.phrases, found.terms, found.product)


def _term(name: str) -> Change:
    def change(features: Features, value: Any) -> Features:
        terms = {**features.findings.terms, name: value}
        return replace(features, findings=replace(_found(features), terms=terms))

    return change


def _entities(features: Features, value: Any) -> Features:
    kept = tuple(one for one in features.entities if one.type in value)
    have = {one.type for one in kept}
    added = tuple(
        Entity(kind, _INVENTED, _INVENTED, 0, 0, 1.0, "model") for kind in value if kind not in have
    )
    return replace(features, entities=(*kept, *added))


def _phrases(features: Features, value: Any) -> Features:
    return replace(features, findings=replace(_found(features), phrases=tuple(value)))


def _kinds(features: Features, value: Any) -> Features:
    severity = (features.escalation.severity or _SEVERITY) if value else 0
    return replace(features, escalation=EscalationView(tuple(value), severity))


def _anger(features: Features, value: Any) -> Features:
    return replace(features, anger=read_anger(min(1.0, max(0.0, value))))


def _level(features: Features, value: Any) -> Features:
    return _anger(features, ANGER_LEVELS.index(value) / (len(ANGER_LEVELS) - 1))


def _brand(features: Features, value: Any) -> Features:
    row = ProductRow(value) if value else None
    return replace(features, findings=replace(_found(features), product=row))


def _channel(features: Features, value: Any) -> Features:
    return replace(features, channel=value)


_CHANGES: dict[str, Change] = {
    "category.label": _inside("category", "label"),
    "category.confidence": _inside("category", "confidence"),
    "intent.name": _inside("intent", "name"),
    "intent.confidence": _inside("intent", "confidence"),
    "intent.margin": _inside("intent", "margin"),
    "sentiment.label": _inside("sentiment", "label"),
    "sentiment.score": _inside("sentiment", "score"),
    "anger.score": _anger,
    "anger.level": _level,
    "conversation.mood": _inside("conversation", "mood"),
    "conversation.trend": _inside("conversation", "trend"),
    "conversation.negative_streak": _inside("conversation", "negative_streak"),
    "conversation.turns": _inside("conversation", "turns"),
    "conversation.customer_turns": _inside("conversation", "customer_turns"),
    "conversation.anger_peak": _inside("conversation", "anger_peak"),
    "conversation.repeat_contact": _inside("conversation", "repeat_contact"),
    "escalation.kinds": _kinds,
    "customer.tier": _inside("customer", "tier"),
    "customer.open_orders": _inside("customer", "open_orders"),
    "customer.contacts_7d": _inside("customer", "contacts_7d"),
    "channel": _channel,
    "language.code": _inside("language", "code"),
    "language.confidence": _inside("language", "confidence"),
    "entities": _entities,
    "phrases": _phrases,
    "product.brand": _brand,
}
