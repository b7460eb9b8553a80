"""Reads a page with commands: its console blocks in order, each with the piece of output shown."""

import re
from dataclasses import dataclass

_BLOCK = re.compile(r"```console\n(?P<lines>.*?)```(?:\n\n```text\n(?P<shown>.*?)```)?", re.DOTALL)
_LEFT_OUT = "…"
_DECIMAL = re.compile(r"-?\d+\\\.\d+")


@dataclass(frozen=True)
class Step:
    """Commands, and lines that their output holds in this order; empty: nothing is shown."""

    commands: tuple[str, ...]
    shown: tuple[str, ...]

    @property
    def text(self) -> str:
        """What a shell is given."""
        return "\n".join(self.commands)

    def lacks(self, output: str) -> str | None:
        """The first shown line that the output has not; None where it has all of them."""
        lines = iter([_spaced(line) for line in output.splitlines()])
        for line in self.shown:
            if line != _LEFT_OUT and not any(_matches(line, found) for found in lines):
                return line
        return None


def steps_of(page: str) -> list[Step]:
    """All console blocks of a page."""
    return [
        Step(tuple(found["lines"].splitlines()), tuple((found["shown"] or "").splitlines()))
        for found in _BLOCK.finditer(page)
    ]


def _spaced(line: str) -> str:
    return " ".join(line.split())


def _matches(shown: str, found: str) -> bool:
    """Decimals may differ: they come out of int8 arithmetic."""
    pattern = re.escape(_spaced(shown)).replace(_LEFT_OUT, ".*")
    return re.fullmatch(_DECIMAL.sub(r"-?\\d+\\.\\d+", pattern), found) is not None
