"""The newcomer's first look: decisions, an escalation opened and resolved, and an end by itself."""

import re
import subprocess
import sys

import pytest

from consumer.demo.replay import read_replay

PACE = "6"


def summary_of(*arguments: str) -> str:
    command = [sys.executable, "-m", "consumer", "demo", "--pace", PACE, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def customers() -> int:
    return sum(line.message["sender"]["role"] == "customer" for line in read_replay())


def assert_complete(output: str) -> None:
    decided = sum(
        int(n) for n in re.findall(r"(\d+) (?:answer|route|offer_human|escalate)\b", output)
    )
    assert decided == customers()
    assert re.search(r"[1-9]\d* zh", output)
    assert re.search(r"[1-9]\d* en", output)
    opened, resolved = re.search(r"(\d+) opened, (\d+) resolved", output).groups()  # type: ignore[union-attr]
    assert int(opened) >= 1
    assert int(resolved) >= 1
    assert "JD20260101888" in output


@pytest.mark.kafka
def test_the_demo_on_a_running_kafka_shows_every_message_and_a_whole_escalation(
    kafka_bootstrap: str,
) -> None:
    assert_complete(summary_of("--kafka", kafka_bootstrap))


def test_the_demo_in_process_needs_no_broker() -> None:
    assert_complete(summary_of("--in-process"))


def test_the_replay_has_both_languages_and_every_role() -> None:
    lines = read_replay()
    assert {line.message["language_hint"] for line in lines} >= {"zh", "en"}
    roles = {line.message["sender"]["role"] for line in lines}
    assert roles == {"customer", "agent", "bot", "system"}
    assert sum(line.after_ms for line in lines) < 60_000
