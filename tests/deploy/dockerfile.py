"""Reads the Dockerfile's stages and steps. Runs nothing."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction, continuation lines joined, in its stage."""

    stage: str
    name: str
    rest: str

    @property
    def command(self) -> list[str]:
        """What a RUN runs: its exec form, or its text in the shell."""
        text = re.sub(r"^(--\w+=\S+\s+)+", "", self.rest)
        if text.startswith("["):
            words: list[str] = json.loads(text)
            return words
        return ["sh", "-eu", "-c", text]

    @property
    def sources(self) -> list[str]:
        """What a COPY takes from the repository; nothing where it takes from a stage."""
        return [] if self.rest.startswith("--from=") else shlex.split(self.rest)[:-1]


def steps() -> list[Step]:
    """All of them, in order."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    return list(_read(text.replace("\\\n", " ")))


def _read(text: str) -> Iterator[Step]:
    stage = ""
    for line in filter(None, text.splitlines()):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            stage = rest.rpartition(" AS ")[2]
        yield Step(stage, name, rest.strip())
