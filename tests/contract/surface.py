"""What a schema promises: its fields, their types, and which are required.

`python -m tests.contract.surface` adds what is new to the record; it never takes anything away.
"""

import json
from pathlib import Path
from typing import Any

from consumer.contract.catalogue import EVENT_TYPES, MAJOR_VERSION
from consumer.contract.schema import Schema, schema_of

RECORD = Path(__file__).parent / f"published_v{MAJOR_VERSION}.json"
REQUIRED = "required"
_TYPE_KEYWORDS = ("type", "$ref", "items", "anyOf", "additionalProperties", "format", "pattern")

Surface = dict[str, Any]


def surface(schema: Schema) -> Surface:
    """Type by `Definition.field`, and the required fields in the same form."""
    objects = {"": schema} | schema["$defs"]
    promised: Surface = {REQUIRED: []}
    for name, definition in objects.items():
        promised[REQUIRED] += [f"{name}.{field}" for field in definition["required"]]
        for field, field_schema in definition["properties"].items():
            promised[f"{name}.{field}"] = {
                keyword: field_schema[keyword]
                for keyword in _TYPE_KEYWORDS
                if keyword in field_schema
            }
    return promised


def current() -> dict[str, Surface]:
    """The surface of every event type, as the code has it."""
    return {event_type.name: surface(schema_of(event_type)) for event_type in EVENT_TYPES}


def recorded() -> dict[str, Surface]:
    """The surface of every event type, as it was published."""
    record: dict[str, Surface] = json.loads(RECORD.read_text(encoding="utf-8"))
    return record


def main() -> None:
    """Adds new event types and new fields to the record."""
    known = recorded() if RECORD.exists() else {}
    merged = {name: promised | known.get(name, {}) for name, promised in current().items()}
    text = json.dumps(known | merged, indent=1, sort_keys=True, ensure_ascii=False)
    RECORD.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
