"""The checker accepts what the service's own code makes, and names every way to break it."""

import ast
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.checker.check import check
from tests.checker.history import Entry, History, Partition, TopicNames
from tests.service.offline_history import route_offline
from tests.service.quiet_rules import rules_without_timers
from tests.service.traffic import traffic

NAMES = TopicNames(
    "chat.messages.v1",
    "chat.feedback.v1",
    "chat.routing.v1",
    "chat.escalations.v1",
    "chat.dead-letters.v1",
    "chat.router-state.v1",
)
SOURCE = "/chat-router/test"
MESSAGES = 600

Change = Callable[[list[Entry]], list[Entry]]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rules_without_timers(tmp_path_factory.mktemp("rules"))


@pytest.fixture(scope="module")
def good(rules: Path) -> History:
    now_ms = time.time_ns() // 1_000_000
    inputs = [
        Entry(NAMES.messages, 0, offset, now_ms + offset, spoken.key, spoken.value(now_ms + offset))
        for offset, spoken in enumerate(traffic(7, MESSAGES, 60))
    ]
    closed = [
        Entry(
            NAMES.feedback,
            0,
            number,
            now_ms + MESSAGES + number,
            f"default:c{number}".encode(),
            json.dumps({"conversation_id": f"c{number}"}).encode(),
            (("ce_type", b"conversation.closed"), ("ce_specversion", b"1.0")),
        )
        for number in range(20)
    ]
    history = route_offline(inputs + closed, NAMES, rules)
    outputs = {(topic, 0): history.of(topic) for topic in NAMES.outputs if history.of(topic)}
    samples = tuple(((NAMES.messages, 0), offset) for offset in (0, 40, 90))
    return replace(history, live=outputs, samples=samples, caught_up_s=1.0)


def judged(history: History, rules: Path) -> set[str]:
    report = check(history, rules, SOURCE, 0)
    return {violation.invariant for violation in report.violations}


def test_what_the_service_makes_of_its_input_has_no_violation(good: History, rules: Path) -> None:
    report = check(good, rules, SOURCE, 0)
    assert not report.violations, str(report)
    assert report.counts["dead letters"] > 5
    assert report.counts["escalation events"] > 10
    assert report.counts["of these degraded"] > 5


def twice(entries: list[Entry]) -> list[Entry]:
    return [*entries, replace(entries[5], offset=len(entries))]


def without_one(entries: list[Entry]) -> list[Entry]:
    return entries[:7] + entries[8:]


def without_last(entries: list[Entry]) -> list[Entry]:
    return entries[:-1]


def invented(entries: list[Entry]) -> list[Entry]:
    return [*entries, rewritten(entries[0], lambda body: body["source"].update(offset=99_999))]


def swapped(entries: list[Entry]) -> list[Entry]:
    first = entries[0]
    other = next(entry for entry in entries[1:] if entry.key == first.key)
    at = entries.index(other)
    return [other, *entries[1:at], first, *entries[at + 1 :]]


def wrong_turns(entries: list[Entry]) -> list[Entry]:
    broken = rewritten(entries[9], lambda body: body["conversation"].update(customer_turns=77))
    return [*entries[:9], broken, *entries[10:]]


def wrong_mood(entries: list[Entry]) -> list[Entry]:
    broken = rewritten(entries[9], lambda body: body["conversation"].update(mood=0.5))
    return [*entries[:9], broken, *entries[10:]]


def wrong_state(entries: list[Entry]) -> list[Entry]:
    last = entries[-1]
    body = json.loads(last.value or b"")
    body[1] += 1
    return [*entries[:-1], replace(last, value=json.dumps(body).encode())]


def tombstone(entries: list[Entry]) -> list[Entry]:
    return [*entries[:-1], replace(entries[-1], value=None)]


def torn(entries: list[Entry]) -> list[Entry]:
    """The end of a story is there, its beginning is not."""
    resolved = next(e for e in entries if e.header("ce_type") == "escalation.resolved")
    identity = json.loads(resolved.value or b"")["escalation_id"]
    return [
        entry
        for entry in entries
        if entry is resolved or json.loads(entry.value or b"")["escalation_id"] != identity
    ]


def _as_another(body: dict[str, Any]) -> None:
    body["escalation_id"] = "another"


def opened_twice(entries: list[Entry]) -> list[Entry]:
    opened = next(entry for entry in entries if entry.header("ce_type") == "escalation.opened")
    at = entries.index(opened)
    other = rewritten(opened, _as_another)
    return [*entries[: at + 1], other, *entries[at + 1 :]]


def other_reason(entries: list[Entry]) -> list[Entry]:
    headers = tuple(
        (name, b"loop" if name == "x-chat-router-reason" else value)
        for name, value in entries[0].headers
    )
    return [replace(entries[0], headers=headers), *entries[1:]]


def rewritten(entry: Entry, change: Callable[[dict[str, Any]], None]) -> Entry:
    body = json.loads(entry.value or b"")
    change(body)
    return replace(entry, value=json.dumps(body).encode())


@pytest.mark.parametrize(
    ("topic", "change", "invariant"),
    [
        (NAMES.routing, twice, "I1"),
        (NAMES.routing, without_one, "I1"),
        (NAMES.dead_letters, twice, "I1"),
        (NAMES.dead_letters, without_last, "I1"),
        (NAMES.dead_letters, other_reason, "I1"),
        (NAMES.routing, invented, "I2"),
        (NAMES.messages, without_one, "I2"),
        (NAMES.routing, swapped, "I3"),
        (NAMES.routing, wrong_turns, "I4"),
        (NAMES.routing, wrong_mood, "I4"),
        (NAMES.state, wrong_state, "I5"),
        (NAMES.state, tombstone, "I5"),
        (NAMES.escalations, torn, "I6"),
        (NAMES.escalations, twice, "I6"),
        (NAMES.escalations, without_last, "I6"),
        (NAMES.escalations, opened_twice, "I6"),
        (NAMES.routing, without_last, "I8"),
    ],
)
def test_a_broken_history_is_named(
    good: History, rules: Path, topic: str, change: Change, invariant: str
) -> None:
    assert invariant in judged(good.altered(topic, change), rules)


def test_an_offset_that_went_back_is_named(good: History, rules: Path) -> None:
    at = (NAMES.messages, 0)
    assert judged(replace(good, samples=((at, 90), (at, 40))), rules) == {"I7"}


@pytest.mark.parametrize(
    ("topic", "partition", "invariant"),
    [
        (NAMES.messages, Partition(600, 600, 599), "I7"),
        (NAMES.routing, Partition(10, 12), "I9"),
    ],
)
def test_a_partition_that_is_not_done_is_named(
    good: History, rules: Path, topic: str, partition: Partition, invariant: str
) -> None:
    broken = replace(good, partitions={**good.partitions, (topic, 0): partition})
    assert judged(broken, rules) == {invariant}


def test_catching_up_too_late_is_named(good: History, rules: Path) -> None:
    assert judged(replace(good, caught_up_s=91.0), rules) == {"I13"}


def test_the_checker_imports_nothing_of_the_service() -> None:
    files = [path for path in Path(__file__).parent.glob("*.py") if "test_" not in path.name]
    assert len(files) > 8
    for path in files:
        for name in imported(ast.parse(path.read_text())):
            foreign = name.split(".")[0] in ("consumer", "exporters")
            assert not foreign, f"{path.name} imports {name}"
            assert not name.startswith("tests.") or name.startswith("tests.checker"), path.name


def imported(tree: ast.Module) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names
