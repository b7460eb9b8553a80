"""Secrets: reads them from files, and says which settings and Kafka properties are some."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from consumer.settings.problems import Problem

_MAX_SECRET_BYTES = 65_536
_FILE_SUFFIX = "_file"
_SECRETS = {"kafka": ("sasl_password", "ssl_key_password")}


def read_secret_files(tree: dict[str, Any]) -> Iterator[Problem]:
    """Replaces every `<secret>_file` in `tree` by the file's content without its line end."""
    for group, names in _SECRETS.items():
        given = tree.get(group)
        if not isinstance(given, dict):
            continue
        tree[group] = held = dict(given)
        for name in names:
            if name + _FILE_SUFFIX in held:
                yield from _replace(held, group, name)


def _replace(given: dict[str, Any], group: str, name: str) -> Iterator[Problem]:
    path = str(given.pop(name + _FILE_SUFFIX))
    here = (group, name + _FILE_SUFFIX)
    if given.get(name) is not None:
        yield Problem(here, f"give it or {group}.{name}, not both", path)
        return
    try:
        with Path(path).open(encoding="utf-8") as file:
            given[name] = file.read(_MAX_SECRET_BYTES).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        yield Problem(here, f"cannot be read ({type(error).__name__})", path)
