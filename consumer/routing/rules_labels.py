"""Labels that a rules file names and the models do not know."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from consumer.contract.known_values import ANGER_LEVELS, CATEGORIES, SENTIMENTS
from consumer.routing.fields import ENTITY_PREFIX
from consumer.routing.rules_error import RuleMistakeError
from consumer.routing.rules_schema import ConditionSpec, RulesSpec
from consumer.routing.yaml_source import Path


@dataclass(frozen=True, slots=True)
class ModelLabels:
    """What the models can say; a head that is not told may say anything."""

    intents: frozenset[str] = field(default_factory=frozenset)
    entity_types: frozenset[str] = field(default_factory=frozenset)


ANY_LABELS = ModelLabels()


def unknown_labels(spec: RulesSpec, labels: ModelLabels) -> Iterator[RuleMistakeError]:
    """Each with its place: of thresholds, escalations and conditions."""
    known = {
        "intent": labels.intents,
        "category": frozenset(CATEGORIES),
        "sentiment": frozenset(SENTIMENTS),
        "anger": frozenset(ANGER_LEVELS),
    }
    for head, names in known.items():
        bounds = getattr(spec.thresholds, head)
        for name in bounds.labels if bounds is not None else ():
            if names and name not in names:
                yield _unknown(head, name, names, ("thresholds", head, "labels", name))
    for index, item in enumerate(spec.escalations):
        intent = getattr(item, "intent", "")
        if intent and labels.intents and intent not in labels.intents:
            yield _unknown("intent", intent, labels.intents, ("escalations", index, "intent"))
    for index, route in enumerate(spec.routes):
        for leaf, path in _placed(route.when, ("routes", index, "when")):
            yield from _unknown_in_leaf(leaf, path, labels)


def _unknown_in_leaf(
    leaf: ConditionSpec, path: Path, labels: ModelLabels
) -> Iterator[RuleMistakeError]:
    name = leaf.field or ""
    if name.startswith(ENTITY_PREFIX):
        kind = name.removeprefix(ENTITY_PREFIX)
        if labels.entity_types and kind not in labels.entity_types:
            yield _unknown("entity type", kind, labels.entity_types, (*path, "field"))
        return
    known = {"intent.name": labels.intents, "entities": labels.entity_types}.get(name)
    if not known or leaf.op in ("matches", "exists"):
        return
    values = leaf.value if isinstance(leaf.value, list) else [leaf.value]
    for index, value in enumerate(values):
        if value not in known:
            at = (*path, "value", index) if isinstance(leaf.value, list) else (*path, "value")
            yield _unknown("intent" if name == "intent.name" else "entity type", value, known, at)


def _unknown(what: str, name: object, known: frozenset[str], path: Path) -> RuleMistakeError:
    return RuleMistakeError(
        path, f"the models know no {what} {name!r}; known: {', '.join(sorted(known))}"
    )


def _placed(spec: ConditionSpec, path: Path) -> Iterator[tuple[ConditionSpec, Path]]:
    """Every field condition with its path."""
    if spec.negated is not None:
        yield from _placed(spec.negated, (*path, "not"))
        return
    for word, parts in (("all", spec.all), ("any", spec.any)):
        for index, part in enumerate(parts or ()):
            yield from _placed(part, (*path, word, index))
    if spec.field is not None:
        yield spec, path
