"""Renders the reference of all settings from their declarations. Holds no text of a setting."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from consumer.settings.problems import variable
from consumer.settings.schema import Settings

_INTRODUCTION = """\
# Configuration

<!-- Generated: `python -m consumer.settings > docs/configuration.md` -->

`chat-router run -c router.yaml` reads its settings once, at the start, from three places; a later
one wins: the YAML file, the environment, the command line. No setting is required. Unknown keys
and variables are refused, and everything that is wrong is named at once, before Kafka is met:

    kafka.session_timeout_ms=5 (CHAT_ROUTER_KAFKA__SESSION_TIMEOUT_MS): must be at least 1000

An empty variable counts as not set. A map in a variable is JSON. Relative paths start at the
working directory. A secret is best given as a file: its name with `_file` in YAML or `_FILE` in a
variable, such as `CHAT_ROUTER_KAFKA__SASL_PASSWORD_FILE=/run/secrets/kafka`.

```yaml
deployment: shop
kafka:
  bootstrap: kafka-1:9093,kafka-2:9093
  sasl_username: router
  sasl_password_file: /run/secrets/kafka
  extra: {security.protocol: SASL_SSL, sasl.mechanisms: SCRAM-SHA-512}
metrics:
  host: 0.0.0.0
```
"""
_HEADER = "| setting | variable | default | allowed | meaning |\n|---|---|---|---|---|"
_README_HEADER = "| setting | default | meaning |\n|---|---|---|"
_README_BEGIN, _README_END = "<!-- settings -->", "<!-- /settings -->"
_BOUNDS = ((Ge, "ge", "≥"), (Gt, "gt", ">"), (Le, "le", "≤"), (Lt, "lt", "<"))


def configuration_page() -> str:
    """The whole of `docs/configuration.md`."""
    sections = [_INTRODUCTION, "## General\n\n" + _table(Settings, ())]
    sections += [_section(name, group) for name, group in _groups(Settings)]
    return "\n".join(sections)


def readme_table() -> str:
    """Every setting with its default and meaning, for the README."""
    rows = [_README_HEADER, *_readme_rows(Settings, ())]
    return "\n".join(rows) + "\n"


def with_readme_table(readme: str) -> str:
    """The README with the table between its marks made anew."""
    before, _, rest = readme.partition(_README_BEGIN)
    _, _, after = rest.partition(_README_END)
    return f"{before}{_README_BEGIN}\n{readme_table()}{_README_END}{after}"


def _readme_rows(group: type[BaseModel], path: tuple[str, ...]) -> Iterator[str]:
    for name, field in group.model_fields.items():
        inner = _group_of(field)
        here = (*path, name)
        if inner is not None:
            yield from _readme_rows(inner, here)
        else:
            meaning = (field.description or "").replace("|", "\\|")
            yield f"| `{'.'.join(here)}` | {_default(field)} | {meaning} |"


def _section(name: str, group: type[BaseModel]) -> str:
    about = " ".join((group.__doc__ or "").split())
    return f"## `{name}`\n\n{about}\n\n{_table(group, (name,))}"


def _table(group: type[BaseModel], path: tuple[str, ...]) -> str:
    return "\n".join([_HEADER, *_rows(group, path)]) + "\n"


def _rows(group: type[BaseModel], path: tuple[str, ...]) -> Iterator[str]:
    for name, field in group.model_fields.items():
        inner = _group_of(field)
        here = (*path, name)
        if inner is None:
            cells = (
                f"`{'.'.join(here)}`",
                f"`{variable(here)}`",
                _default(field),
                _allowed(field),
                (field.description or "").replace("|", "\\|"),
            )
            yield f"| {' | '.join(cells)} |"
        elif path:
            yield from _rows(inner, here)


def _groups(settings: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in settings.model_fields.items():
        inner = _group_of(field)
        if inner is not None:
            yield name, inner


def _group_of(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _default(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "default_text" in extra:
        return str(extra["default_text"])
    value: Any = field.default
    if isinstance(value, Path):
        value = value.as_posix()
    return "none" if value is None or value == {} else f"`{value}`"


def _allowed(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(field.annotation))
    if SecretStr in get_args(field.annotation):
        return "a secret"
    bounds = [
        f"{sign} {getattr(mark, name)}"
        for mark in field.metadata
        for kind, name, sign in _BOUNDS
        if isinstance(mark, kind)
    ]
    return ", ".join(bounds)
