"""`python -m tests.deploy.generate` writes what the chart takes from elsewhere.

The schema of `settings` is made from the service's own settings, the README's table of values from
the chart's schema and defaults. A test holds both to what is committed.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from consumer.settings.schema import Settings

CHART = Path(__file__).parents[2] / "helm" / "chat-router"
SCHEMA, README = CHART / "values.schema.json", CHART / "README.md"
_BEGIN, _END = "<!-- values -->", "<!-- /values -->"

OURS = frozenset(
    {
        "ledger",
        "kafka.instance",
        "kafka.sasl_username",
        "kafka.sasl_password",
        "kafka.ssl_key_password",
        "bundle.path",
        "bundle.provider",
        "rules.path",
        "rules.tenants",
        "metrics.host",
        "metrics.port",
        "metrics.tls_cert_file",
        "metrics.tls_key_file",
        "metrics.tls_client_ca_file",
    }
)
"""Settings that values of the chart decide, so that `settings` has no place for them."""

_KEPT = (
    "type",
    "description",
    "enum",
    "const",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "maxItems",
)
# The service turns numbers and true into librdkafka's text itself.
_PROPERTY = {"type": ["string", "number", "boolean"]}

Json = dict[str, Any]


def with_settings(schema: Json) -> Json:
    """The chart's schema with the part for `settings` made anew."""
    whole = Settings.model_json_schema()
    part = _closed(whole, whole.get("$defs", {}), ())
    part["description"] = (
        "The service's own settings, in its own names (`docs/configuration.md`): `router.yaml`."
        " Those that other values decide have no place here."
    )
    # Helm's default is empty, so that a missing address is named by the chart.
    del part["properties"]["kafka"]["properties"]["bootstrap"]["minLength"]
    return {**schema, "properties": {**schema["properties"], "settings": part}}


def with_values_table(readme: str, schema: Json, values: Json) -> str:
    """The README with the table between its marks made anew."""
    before, _, rest = readme.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    rows = ["| value | default | meaning |", "|---|---|---|", *_rows(schema, values, ())]
    table = "\n".join(rows)
    return f"{before}{_BEGIN}\n{table}\n{_END}{after}"


def written_schema(schema: Json) -> str:
    """As it is committed."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _closed(node: Json, defs: Mapping[str, Json], path: tuple[str, ...]) -> Json:
    """One group: its settings and nothing else."""
    properties = {
        name: made
        for name, child in node["properties"].items()
        if ".".join((*path, name)) not in OURS
        and (made := _property(child, defs, (*path, name))) is not None
    }
    about = " ".join(node.get("description", "").split())
    return {
        "type": "object",
        "description": about,
        "additionalProperties": False,
        "properties": properties,
    }


def _property(node: Json, defs: Mapping[str, Json], path: tuple[str, ...]) -> Json | None:
    found = _resolved(node, defs)
    if "properties" in found:
        group = _closed(found, defs, path)
        return group if group["properties"] else None
    kept = {name: found[name] for name in _KEPT if name in found}
    if "items" in found:
        kept["items"] = _property(found["items"], defs, path)
    if found.get("type") == "object":
        kept["additionalProperties"] = _PROPERTY
    return kept


def _resolved(node: Json, defs: Mapping[str, Json]) -> Json:
    """Follows a reference; of `X or null` takes X: in values, null means not given."""
    for one in node.get("anyOf", [node]):
        if one.get("type") != "null":
            target = defs[one["$ref"].rpartition("/")[2]] if "$ref" in one else {}
            return {**target, **one, **{k: v for k, v in node.items() if k != "anyOf"}}
    raise ValueError(node)


def _rows(schema: Json, values: Any, path: tuple[str, ...]) -> Iterator[str]:
    for name, node in schema["properties"].items():
        here, inner = (*path, name), node.get("properties")
        given = values.get(name) if isinstance(values, dict) else None
        if inner and here != ("settings",):
            yield f"| **`{'.'.join(here)}`** | | {node['description']} |"
            yield from _rows(node, given, here)
        elif name != "global":
            default = json.dumps(given, ensure_ascii=False)
            yield f"| `{'.'.join(here)}` | `{default}` | {node['description']} |"


def _main() -> None:
    schema = with_settings(json.loads(SCHEMA.read_text()))
    SCHEMA.write_text(written_schema(schema))
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    README.write_text(with_values_table(README.read_text(), schema, values))


if __name__ == "__main__":
    _main()
