"""What is wrong with a rules file: the rule, the field, the value, the line. Finds nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from consumer.routing.yaml_source import Path


class RuleMistakeError(Exception):
    """A mistake at a path of the file; the loader adds where that stands."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(problem)
        self.path = path
        self.problem = problem


class Mistakes:
    """Collects the mistakes of one file, in the order in which they are found."""

    def __init__(self) -> None:
        self.found: list[RuleMistakeError] = []

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Ends the block at its first mistake and keeps that."""
        try:
            yield
        except RuleMistakeError as mistake:
            self.found.append(mistake)


class RulesError(Exception):
    """A rules file that cannot be used. `line` and `column` count from 1."""

    def __init__(
        self, file: str, line: int, column: int, problem: str, rule: str = "", field: str = ""
    ) -> None:
        where = " ".join(part for part in (rule and f"rule {rule}:", field and f"{field}:") if part)
        super().__init__(f"{file}:{line}:{column}: {where} {problem}".replace("  ", " "))
        self.file = file
        self.line = line
        self.column = column
        self.problem = problem
        self.rule = rule
        self.field = field
