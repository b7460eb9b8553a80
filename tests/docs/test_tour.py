"""What docs/tour.md says is so: its commands run from first to last and print what it shows."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docs.test_readme import environment, free_port, is_open, staying
from tests.docs.tour_script import Step, steps_of
from tests.service.running import DEADLINE_S, PAUSE_S, wait_until

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
BROKER = "chat-router broker --port 19092"
STAYING = (BROKER, "chat-router run")
# What only looks may be asked again until it sees what it should.
LOOKING = ("curl", "watch.py", "dlq list", "feedback report")
DONE = "all of these commands ended well"
SENDING = ("send.py", "dlq replay")


class Terminal:
    """Runs a page's steps in a folder; what they export holds for those after."""

    def __init__(self, folder: Path, ports: dict[str, int], stack: ExitStack) -> None:
        self._folder = folder
        self._ports = ports
        self._stack = stack
        self._environment = environment() | {"CHAT_ROUTER_METRICS__PORT": str(ports["9464"])}

    def play(self, step: Step) -> None:
        """Fails where a command does, or where what it should show does not come."""
        *before, last = step.commands
        self._export(before)
        if last == BROKER:
            return
        if last in STAYING:
            self._stack.enter_context(staying(last, self._environment, self._folder))
            return
        again = _looking_part(step)
        output = self._run(step.text)
        deadline = time.monotonic() + DEADLINE_S
        while (line := _missing(step, output)) is not None:
            assert again, (step.text, line, output)
            assert time.monotonic() < deadline, (step.text, line, output)
            time.sleep(PAUSE_S)
            output += self._run(again)

    def _run(self, text: str) -> str:
        """What the commands print; a failure leaves out what would have come behind."""
        done = subprocess.run(
            ["bash", "-c", f"set -eo pipefail\n{self._own(text)}\necho {DONE}"],
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            cwd=self._folder,
            env=self._environment,
            check=False,
        )
        return done.stdout + done.stderr

    def _export(self, lines: list[str]) -> None:
        for line in lines:
            for name, value in re.findall(r"(CHAT_ROUTER_\w+)=(\S+)", line):
                self._environment[name] = self._own(value)

    def _own(self, text: str) -> str:
        for standing, port in self._ports.items():
            text = text.replace(standing, str(port))
        return text


def _missing(step: Step, output: str) -> str | None:
    return step.lacks(output) if DONE in output else "its end"


def _looking_part(step: Step) -> str:
    """What may be run again: the commands behind the last that sends, if all they do is look."""
    sends = [
        number for number, line in enumerate(step.commands) if any(word in line for word in SENDING)
    ]
    behind = step.commands[sends[-1] + 1 if sends else 0 :]
    looks = [any(word in line for word in LOOKING) for line in behind]
    return "\n".join(behind) if all(looks) else ""


@pytest.fixture
def ports() -> dict[str, int]:
    """Free ports for those that stand in the page."""
    return {"19092": free_port(), "9464": free_port()}


@pytest.fixture
def terminal(ports: dict[str, int], tmp_path: Path) -> Iterator[Terminal]:
    """A folder that looks like the repository's, and the page's broker, started at once."""
    for name in ("docs", "consumer"):
        (tmp_path / name).symlink_to(ROOT / name)
    with ExitStack() as stack:
        port = ports["19092"]
        stack.enter_context(staying(BROKER.replace("19092", str(port)), folder=tmp_path))
        yield Terminal(tmp_path, ports, stack)


@pytest.mark.kafka
def test_every_command_prints_what_the_page_shows(
    terminal: Terminal, ports: dict[str, int]
) -> None:
    for step in steps_of(PAGE):
        terminal.play(step)
        if step.text == BROKER:
            wait_until(lambda: is_open(ports["19092"]), "the broker of the tour")


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https:)([^)#]+)", PAGE)
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
