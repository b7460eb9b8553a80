"""JSON Schema 2020-12 of every event type, made from the types themselves. Writes no files.

Open on purpose: unknown fields are allowed, and known values of enums are only listed
(`x-known-values`), so that additions never break a consumer.
"""

from typing import Any

import msgspec

from consumer.contract.catalogue import EventType

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def schema_of(event_type: EventType) -> Schema:
    """The schema of one event type: a whole document, its address in `$id`."""
    _, components = msgspec.json.schema_components(
        (event_type.payload,), ref_template="#/$defs/{name}"
    )
    definitions = {name: _plain(schema) for name, schema in components.items()}
    root = definitions.pop(event_type.payload.__name__)
    return {
        "$schema": DIALECT,
        "$id": event_type.dataschema,
        **root,
        "title": event_type.name,
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text(event_type: EventType) -> str:
    """The schema as it is committed."""
    encoded = msgspec.json.encode(schema_of(event_type))
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def _plain(schema: Schema) -> Schema:
    """JSON values only: defaults come as Python tuples."""
    plain: Schema = msgspec.json.decode(msgspec.json.encode(schema))
    return plain
