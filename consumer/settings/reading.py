"""Builds the settings from a file, the environment and the command line; the last one wins.

Finds everything that is wrong before it gives up.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource

from consumer.routing.yaml_source import YamlError, read_yaml
from consumer.settings.contradictions import contradictions
from consumer.settings.problems import Problem, SettingsError, problems_of
from consumer.settings.schema import DELIMITER, PREFIX, Settings
from consumer.settings.secrets import read_secret_files

Tree = dict[str, Any]

# Kubernetes gives every pod such variables for a service that is named chat-router, and the test
# suite has one of its own.
_NOT_OURS = re.compile(rf"{PREFIX}(SERVICE_(HOST|PORT(_.*)?)|PORT(_.*)?|TEST_.*)")


def load_settings(file: Path | None = None, given: Mapping[str, Any] | None = None) -> Settings:
    """Settings of `given` over the environment over `file`.

    Raises:
        SettingsError: something cannot be used; holds all of it.
    """
    tree = _merged(_merged(_read_file(file), _Variables(Settings)()), given or {})
    problems = [*_unknown_variables(), *read_secret_files(tree)]
    settings = None
    try:
        settings = Settings(**tree)
    except ValidationError as error:
        problems += problems_of(error)
    if settings is not None:
        problems += contradictions(settings)
    if problems or settings is None:
        raise SettingsError(problems)
    return settings


class _Variables(EnvSettingsSource):
    """The environment; JSON that is none is left as it is, so that its setting gets named."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


def _read_file(file: Path | None) -> Tree:
    if file is None:
        return {}
    try:
        data = read_yaml(file.read_bytes()).data
    except OSError as error:
        raise SettingsError([f"{file}: cannot be read ({error.strerror})"]) from None
    except YamlError as error:
        raise SettingsError([f"{file}:{error.line}:{error.column}: {error.problem}"]) from None
    if not isinstance(data, dict):
        raise SettingsError([f"{file}:1:1: must be a map of settings"])
    return {str(name): value for name, value in data.items() if value is not None}


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> Tree:
    """{a: {b: 1, c: 2}} under {a: {b: 3}} -> {a: {b: 3, c: 2}}."""
    joined = dict(under)
    for name, value in over.items():
        below = joined.get(name)
        if isinstance(below, dict) and isinstance(value, Mapping):
            joined[name] = _merged(below, value)
        else:
            joined[name] = value
    return joined


def _unknown_variables() -> Iterator[Problem]:
    """Top-level names that no setting has; the source itself only looks for those it knows."""
    for name in sorted(os.environ):
        first = name.removeprefix(PREFIX).split(DELIMITER)[0].lower()
        if not name.startswith(PREFIX) or _NOT_OURS.fullmatch(name):
            continue
        field = Settings.model_fields.get(first)
        is_group = field is not None and _is_group(field)
        if field is None or (DELIMITER in name.removeprefix(PREFIX) and not is_group):
            yield Problem((first,), f"the environment holds {name}, which is no setting")


def _is_group(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
