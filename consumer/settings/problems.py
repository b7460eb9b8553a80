"""Says what is wrong with settings: the setting, its value, its variable, the rule."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from consumer.exit_codes import ExitCode
from consumer.settings.schema import DELIMITER, PREFIX, Settings

Path = tuple[str, ...]

MAX_SHOWN_CHARACTERS = 60
REDACTED = "***"
_SECRET_WORDS = ("password", "secret", "pem", "oauthbearer", "userinfo", "jaas")
# Where pydantic speaks of an entry's key, it adds this step.
_KEY_STEP = "[key]"
_OPEN_MAPS = ("kafka", "extra")
_RULES: Mapping[str, str] = {
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "greater_than": "must be above {gt}",
    "less_than": "must be below {lt}",
    "literal_error": "must be {expected}",
    "string_pattern_mismatch": "must match {pattern}",
    "string_too_short": "must not be empty",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "string_type": "must be text",
    "path_type": "must be a path",
    "model_type": "must be a group of settings",
    "dict_type": "must be a map of names and values (in a variable: JSON)",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One setting that cannot be used. `value` is what was found, fit to be shown."""

    path: Path
    rule: str
    value: str | None = None

    def __str__(self) -> str:
        name = ".".join(self.path)
        shown = name if self.value is None else f"{name}={self.value}"
        return f"{shown} ({variable(self.path)}): {self.rule}"


class SettingsError(Exception):
    """Settings that cannot be used, with everything that is wrong with them."""

    exit_code = ExitCode.USAGE

    def __init__(self, problems: Iterable[object]) -> None:
        self.problems = tuple(str(problem) for problem in problems)
        super().__init__("\n".join(self.problems))


def variable(path: Path) -> str:
    """('kafka', 'group') -> 'CHAT_ROUTER_KAFKA__GROUP'. Entries of a map share the map's."""
    if path[:2] == _OPEN_MAPS:
        path = _OPEN_MAPS
    return PREFIX + DELIMITER.join(path).upper()


def problems_of(error: ValidationError) -> list[Problem]:
    """All problems that a validation found, in the order of the settings."""
    return [_problem(detail) for detail in error.errors(include_url=False)]


def is_secret(name: str) -> bool:
    """Whether the value of a setting or of a Kafka property of this name must not be shown."""
    return any(word in name.lower() for word in _SECRET_WORDS)


def shown(path: Path, value: object) -> str | None:
    """The value as it may be printed: short, one line, secrets hidden; None for whole groups."""
    if any(is_secret(step) for step in path):
        return REDACTED
    if isinstance(value, dict | BaseModel):
        return None
    text = str(value).encode("unicode_escape").decode("ascii")
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[:MAX_SHOWN_CHARACTERS] + "..."


def _problem(detail: ErrorDetails) -> Problem:
    path = tuple(str(step) for step in detail["loc"] if step != _KEY_STEP)
    if detail["type"] == "extra_forbidden":
        return Problem(path, "is no setting" + _closest(path))
    keyed = _KEY_STEP in detail["loc"]
    return Problem(path, _rule(detail), None if keyed else shown(path, detail.get("input")))


def _rule(detail: ErrorDetails) -> str:
    context: dict[str, Any] = detail.get("ctx", {})
    if detail["type"] == "value_error":
        return str(context["error"])
    template = _RULES.get(detail["type"])
    return template.format_map(context) if template else detail["msg"]


def _closest(path: Path) -> str:
    group: type[BaseModel] | None = Settings
    for step in path[:-1]:
        field = group.model_fields.get(step) if group else None
        kind = field.annotation if field else None
        group = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
    names = difflib.get_close_matches(path[-1], group.model_fields if group else (), n=1)
    return f"; did you mean {'.'.join((*path[:-1], names[0]))}?" if names else ""
