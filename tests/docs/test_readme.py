"""What the README says is so: its settings are all settings, its commands run."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from consumer.settings.reference import with_readme_table
from tests.service.running import wait_until

README = Path(__file__).parents[2] / "README.md"
STAYING = ("chat-router broker", "chat-router run")
COMMAND_S = 90


def blocks() -> list[list[str]]:
    """The lines of every fenced console block."""
    fenced = re.findall(r"```console\n(.*?)```", README.read_text(), re.DOTALL)
    return [block.splitlines() for block in fenced]


def commands(part: str) -> list[str]:
    return [line for block in blocks() for line in block if part in line]


def test_the_settings_table_is_that_of_the_code() -> None:
    assert with_readme_table(README.read_text()) == README.read_text()


@pytest.mark.parametrize("command", commands("chat-router route"))
def test_a_routing_command_prints_json(command: str) -> None:
    done = subprocess.run(
        command, shell=True, capture_output=True, check=True, timeout=COMMAND_S, env=environment()
    )
    assert done.stdout.startswith(b"{")


@pytest.mark.parametrize("command", commands("chat-router explain"))
def test_an_explaining_command_explains(command: str) -> None:
    run(command)


@pytest.mark.kafka
def test_the_tour_works_from_the_first_terminal_to_the_last() -> None:
    """Staying commands stay in the background; the others must end with 0."""
    port = free_port()
    with ExitStack() as stack:
        for line in commands("19092"):
            *first, last = line.replace("19092", str(port)).split(" && ")
            for command in first:
                run(command)
            if any(name in last for name in STAYING):
                stack.enter_context(staying(last))
                if "broker" in last:
                    wait_until(lambda: is_open(port), "the broker of the tour")
            else:
                run(last)


def environment() -> dict[str, str]:
    """This virtual environment first, and no port that another service may hold."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "CHAT_ROUTER_METRICS__PORT": "0"}


def run(command: str) -> None:
    done = subprocess.run(
        command, shell=True, capture_output=True, timeout=COMMAND_S, env=environment(), check=False
    )
    assert done.returncode == 0, (command, done.stderr.decode())


@contextmanager
def staying(
    command: str, variables: Mapping[str, str] | None = None, folder: Path | None = None
) -> Iterator[None]:
    process = subprocess.Popen(
        f"exec env {command}",
        shell=True,
        env=variables or environment(),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(COMMAND_S) == 0, command


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
