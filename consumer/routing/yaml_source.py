"""Reads YAML and remembers where everything stands, so that a mistake has a line and a column.

Refuses duplicate keys and aliases: the first hide a rule, the second can grow without bound.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml

Step = str | int
Path = tuple[Step, ...]

MAX_BYTES = 8 << 20  # some ten thousand rules
MAX_DEPTH = 64
_EXPLAINED_BYTES = 1 << 18
_PATH_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")

# libyaml's parser is ten times as fast, where PyYAML was built with it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlError(Exception):
    """What is wrong with the file, and where: both count from 1."""

    def __init__(self, problem: str, line: int, column: int) -> None:
        super().__init__(f"{line}:{column}: {problem}")
        self.problem = problem
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class YamlSource:
    """The parsed file: plain data, and the position of every part of it."""

    data: object
    root: yaml.Node

    def position(self, path: Path) -> tuple[int, int]:
        """Line and column of the value at `path`, or of the deepest part that exists.

        A last step that is a key stands where the key stands.
        """
        node, mark = self.root, self.root.start_mark
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            key, node = found
            mark = key.start_mark
        return mark.line + 1, mark.column + 1

    def value(self, path: Path) -> object:
        """The value at `path`; None where there is none."""
        found: object = self.data
        for step in path:
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and isinstance(step, int) and step < len(found):
                found = found[step]
            else:
                return None
        return found


def parse_path(text: str) -> Path:
    """'$.routes[0].when' as ('routes', 0, 'when'); stops at the first step without a name."""
    steps: list[Step] = []
    for match in _PATH_STEP.finditer(text):
        name, index = match.groups()
        if name is None and index is None:
            break
        steps.append(name if name is not None else int(index))
    return tuple(steps)


def read_yaml(raw: bytes) -> YamlSource:
    """The file's content.

    Raises:
        YamlError: too large, not UTF-8, not YAML, a duplicate key, an alias.
    """
    if len(raw) > MAX_BYTES:
        problem = f"larger than {MAX_BYTES} bytes"
        raise YamlError(problem, 1, 1)
    root = _compose(raw)
    if root is None:
        problem = "the file is empty"
        raise YamlError(problem, 1, 1)
    _check_nodes(root, set())
    return YamlSource(_construct(root), root)


def _compose(raw: bytes) -> yaml.Node | None:
    try:
        text = raw.decode("utf-8")
        try:
            _check_depth(text)
            return yaml.compose(text, Loader=_LOADER)
        except yaml.YAMLError:
            if len(raw) > _EXPLAINED_BYTES:
                raise
            # The slow parser says better what is wrong, and where.
            return yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        problem = "not UTF-8"
        raise YamlError(problem, 1, 1) from None
    except yaml.MarkedYAMLError as error:
        line, column = _position(error.problem_mark)
        raise YamlError(error.problem or "not YAML", line, column) from None
    except (yaml.YAMLError, RecursionError):
        problem = "not YAML"
        raise YamlError(problem, 1, 1) from None


def _position(mark: Any) -> tuple[int, int]:
    """From 1; libyaml's marks are of another class than PyYAML's."""
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _check_depth(text: str) -> None:
    """Libyaml's composer knows no end of nesting but that of the stack: the process would die."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            line, column = _position(event.start_mark)
            problem = f"nested deeper than {MAX_DEPTH}"
            raise YamlError(problem, line, column)


def _construct(root: yaml.Node) -> object:
    constructor = yaml.SafeLoader("")
    try:
        return constructor.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or root.start_mark
        raise YamlError(error.problem or "not YAML", mark.line + 1, mark.column + 1) from None
    finally:
        constructor.dispose()


def _check_nodes(node: yaml.Node, seen: set[int]) -> None:
    if id(node) in seen:
        raise _at(node, "aliases are not allowed")
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_nodes(item, seen)
    elif isinstance(node, yaml.MappingNode):
        _check_mapping(node, seen)


def _check_mapping(node: yaml.MappingNode, seen: set[int]) -> None:
    keys: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _at(key, "a key must be plain text")
        if key.value in keys:
            raise _at(key, f"{key.value!r} is given twice")
        keys.add(key.value)
        _check_nodes(value, seen)


def _at(node: yaml.Node, problem: str) -> YamlError:
    return YamlError(problem, node.start_mark.line + 1, node.start_mark.column + 1)


def _child(node: yaml.Node, step: Step) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((k, v) for k, v in node.value if k.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item, item
    return None
