"""Masks what a tenant's rules want masked beside what always is. Before anything else reads it.

So a masked value reaches no target, no event and no state; a target that needs it does not apply.
"""

from msgspec.structs import replace

from consumer.contract.decision import Entity
from consumer.inference.personal import masked as masked_value
from consumer.records import Understood


def masked(understood: Understood, types: frozenset[str]) -> Understood:
    """The same turn with the values of these entity types masked."""
    entities = understood.entities
    if not entities or types.isdisjoint([entity.type for entity in entities]):
        return understood
    hidden = tuple([_hidden(one) if one.type in types else one for one in entities])
    return replace(understood, entities=hidden)


def _hidden(entity: Entity) -> Entity:
    value = masked_value(entity.type, entity.value)
    return replace(entity, value=value, normalized=value)
