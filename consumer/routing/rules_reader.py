"""Reads a rules file into its types and says where a mistake stands. Checks no meaning."""

import copy
import re
from typing import Any

import msgspec

from consumer.routing.rules_error import RuleMistakeError, RulesError
from consumer.routing.rules_schema import EscalationSpec, RouteSpec, RulesSpec
from consumer.routing.yaml_source import Path, YamlError, YamlSource, parse_path, read_yaml

MAX_SHOWN_CHARACTERS = 60
_LISTS: dict[str, Any] = {"routes": RouteSpec, "escalations": EscalationSpec}
# msgspec says where by a path, and leaves out the keys of mappings with free names.
_NAMELESS = "[...]"
_MESSAGE = re.compile(r"(?P<problem>.*?)(?: - at (?:`key` in )?`(?P<path>\$[^`]*)`)?", re.DOTALL)
_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(?P<name>[^`]*)`")
_MISSING_FIELD = re.compile(r"Object missing required field `(?P<name>[^`]*)`")


def read_spec(raw: bytes, file: str) -> tuple[YamlSource, RulesSpec]:
    """The file's content as types, and its source for later messages.

    Raises:
        RulesError: not YAML, or not of the shape of a rules file.
    """
    source = read_source(raw, file)
    return source, spec_of(source, file)


def read_source(raw: bytes, file: str) -> YamlSource:
    """The file's content as it stands there.

    Raises:
        RulesError: not YAML.
    """
    try:
        return read_yaml(raw)
    except YamlError as error:
        raise RulesError(file, error.line, error.column, error.problem) from None


def spec_of(source: YamlSource, file: str) -> RulesSpec:
    """The content as types.

    Raises:
        RulesError: not of the shape of a rules file.
    """
    try:
        return msgspec.convert(source.data, RulesSpec)
    except msgspec.ValidationError as error:
        raise _shape_error(source, file, str(error)) from None


def shape_errors(source: YamlSource, file: str) -> list[RulesError]:
    """What is wrong with the shape: one error for each route and escalation, else the first."""
    found: list[RulesError] = []
    for section, kind in _LISTS.items():
        items = source.value((section,))
        for index, item in enumerate(items if isinstance(items, list) else ()):
            try:
                msgspec.convert(item, kind)
            except msgspec.ValidationError as error:
                message = _within(str(error), f"$.{section}[{index}]")
                found.append(_shape_error(source, file, message))
    if not found:
        try:
            msgspec.convert(source.data, RulesSpec)
        except msgspec.ValidationError as error:
            found.append(_shape_error(source, file, str(error)))
    return found


def _within(message: str, place: str) -> str:
    """A message on a part of the file, as if it were one on the whole."""
    if " - at `" not in message:
        return f"{message} - at `{place}`"
    return message.replace("`$", f"`{place}", 1)


def locate(source: YamlSource, file: str, mistake: RuleMistakeError) -> RulesError:
    """The mistake with its line, column, rule and field."""
    path = mistake.path
    line, column = source.position(path)
    return RulesError(file, line, column, mistake.problem, _rule(source, path), _field(path))


def _located(source: YamlSource, file: str, path: Path, problem: str) -> RulesError:
    return locate(source, file, RuleMistakeError(path, problem))


def _shape_error(source: YamlSource, file: str, message: str) -> RulesError:
    match = _MESSAGE.fullmatch(message)
    problem = match["problem"] if match else message
    path = _named_path(source, match["path"] if match and match["path"] else "$", message)
    unknown = _UNKNOWN_FIELD.match(problem)
    if unknown:
        return _located(source, file, (*path, unknown["name"]), "unknown field")
    missing = _MISSING_FIELD.match(problem)
    if missing:
        return _located(source, file, path, f"{missing['name']} is missing")
    shown = repr(source.value(path))
    if len(shown) > MAX_SHOWN_CHARACTERS:
        shown = shown[:MAX_SHOWN_CHARACTERS] + "..."
    return _located(source, file, path, f"{problem}, got {shown}")


def _named_path(source: YamlSource, text: str, message: str) -> Path:
    """The path with the keys that the message leaves out: those whose entry alone is as wrong."""
    head, nameless, tail = text.partition(_NAMELESS)
    path = parse_path(head)
    while nameless:
        key = _wrong_key(source, path, message)
        if key is None:
            return path
        head, nameless, tail = tail.partition(_NAMELESS)
        path = (*path, key, *parse_path(head))
    return path


def _wrong_key(source: YamlSource, path: Path, message: str) -> str | None:
    entries = source.value(path)
    for key in entries if isinstance(entries, dict) else ():
        alone = YamlSource(copy.deepcopy(source.data), source.root)
        mapping = alone.value(path)
        if isinstance(mapping, dict):
            for other in [name for name in mapping if name != key]:
                del mapping[other]
        try:
            msgspec.convert(alone.data, RulesSpec)
        except msgspec.ValidationError as error:
            if str(error) == message:
                return str(key)
    return None


def _rule(source: YamlSource, path: Path) -> str:
    """The id of the route or escalation that the path leads into."""
    if path[:1] == ("default",):
        return "default"
    if len(path) > 1 and path[0] in ("routes", "escalations"):
        name = source.value((*path[:2], "id"))
        return str(name) if name is not None else f"{path[0]}[{path[1]}]"
    return ""


def _field(path: Path) -> str:
    """The last named step, with what it stands in."""
    skipped = {"routes": 2, "escalations": 2, "default": 1}.get(str(path[0]), 0) if path else 0
    steps = path[skipped:]
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")
