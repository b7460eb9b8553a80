"""Recorded traffic decided again: equal rules move nothing, other rules what they should."""

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from consumer.inference.stub import StubModel
from consumer.inference.understand import prepare, understand
from consumer.records import Turn, Understood
from consumer.routing.rules import DEFAULT_RULES, Ruleset, parse_ruleset
from consumer.workbench.backtest import as_recorded, compare, decide_all
from consumer.workbench.stand import Stand
from consumer.workbench.traffic import Traffic
from consumer.workbench.traffic_file import TrafficError, read_file
from tests.pipeline.lanes import DECODER
from tests.pipeline.records import message, record
from tests.workbench.builders import RULES

TEXT = DEFAULT_RULES.read_text(encoding="utf-8")
CALMER = parse_ruleset(
    TEXT.replace("fast: {score: 0.80}", "fast: {score: 0.95}").encode(), "calmer.yaml"
)
RENAMED = parse_ruleset(
    TEXT.replace('queue: "payments_{language}"', 'queue: "money_{language}"').encode(), "r.yaml"
)
GUARDED = parse_ruleset(
    TEXT.replace("{opens_per_minute: 60, burst: 30}", "{opens_per_minute: 1, burst: 1}")
    .replace("- {score: 0.83, level: 4}", "- {score: 0.83, level: 3}")  # the worst always passes
    .encode(),
    "guarded.yaml",
)
SAID = [
    ("c-1", "refund please"),
    ("c-1", "a scam!"),
    ("c-2", "where is the delivery"),
    ("c-2", "order 12"),
    ("c-3", "hello"),
    ("c-1", "refund"),
]


def nothing(_count: int) -> None:
    """Nobody looks at the progress."""


def recorded(
    path: Path,
    with_messages: bool = False,
    rules: Ruleset = RULES,
    said: Sequence[tuple[str, str]] = SAID,
) -> Path:
    """A file of decisions, with their messages or without."""
    stand, model, lines = Stand(rules), StubModel(), []
    for number, (conversation, text) in enumerate(said):
        value = message(conversation, text, float(number), message_id=f"m-{number}")
        one = record(number, value, at_s=float(number))
        turn = DECODER.decode(one)
        assert isinstance(turn, Turn)
        (outcome,) = understand(model, prepare(model, [turn]))
        assert isinstance(outcome, Understood)
        (routed,) = stand.apply(one, outcome)
        lines.append(msgspec.json.encode(routed.decision))
        if with_messages:
            lines.append(value)
    path.write_bytes(b"\n".join(lines))
    return path


def read(path: Path) -> Traffic:
    return read_file(path, StubModel, nothing)


def test_what_the_rate_guard_held_back_stays_held_back(tmp_path: Path) -> None:
    said = [("c-1", "a scam!"), ("c-2", "a scam!")]
    traffic = read(recorded(tmp_path / "decisions.jsonl", rules=GUARDED, said=said))
    assert [one.decision.prior.held_back for one in traffic.records if one.decision] == [
        (),
        ("anger",),
    ]
    before = as_recorded(traffic)
    assert before is not None
    found = compare(before, decide_all(traffic, GUARDED, nothing))
    assert (found.moved, found.appearing, found.staying) == (0, {}, {"anger": 1})


@pytest.mark.parametrize("with_messages", [False, True])
def test_the_same_rules_move_nothing(tmp_path: Path, with_messages: bool) -> None:
    traffic = read(recorded(tmp_path / "decisions.jsonl", with_messages))
    before = as_recorded(traffic)
    assert before is not None
    found = compare(before, decide_all(traffic, RULES, nothing))
    assert (found.messages, found.moved, found.by_other_rule, found.reprioritised) == (6, 0, 0, 0)
    assert not found.appearing
    assert not found.vanishing
    assert found.staying == {"anger": 1}
    assert traffic.without_message == (0 if with_messages else 6)


def moved(path: Path, rules: Ruleset) -> list[tuple[int, str, str]]:
    traffic = read(path)
    before = as_recorded(traffic) or decide_all(traffic, RULES, nothing)
    found = compare(before, decide_all(traffic, rules, nothing))
    assert sum(move.count for move in found.moves) == found.moved
    return [(move.count, move.before.target, move.after.target) for move in found.moves]


def test_what_other_rules_move_is_counted_by_its_ways(tmp_path: Path) -> None:
    path = recorded(tmp_path / "decisions.jsonl")
    assert moved(path, RENAMED) == [(1, "queue payments_en", "queue money_en")]


def test_messages_without_decisions_are_read_by_the_models(tmp_path: Path) -> None:
    lines = [
        message(name, text, float(number), message_id=f"m-{number}")
        for number, (name, text) in enumerate(SAID)
    ]
    lines.insert(3, message("c-2", "may I help", 2.5, "agent", "agent-1"))
    path = tmp_path / "messages.jsonl"
    path.write_bytes(b"\n\n".join(lines))
    assert moved(path, RENAMED) == [(1, "queue payments_en", "queue money_en")]


def test_alerts_that_come_and_go_are_told_by_kind(tmp_path: Path) -> None:
    traffic = read(recorded(tmp_path / "decisions.jsonl", with_messages=True))
    before, after = decide_all(traffic, RULES, nothing), decide_all(traffic, CALMER, nothing)
    assert compare(before, after).vanishing == {"anger": 1}
    assert compare(after, before).appearing == {"anger": 1}


def test_a_structured_event_is_a_line_too(tmp_path: Path) -> None:
    plain = recorded(tmp_path / "decisions.jsonl")
    wrapped = [
        json.dumps({"specversion": "1.0", "data": json.loads(line)})
        for line in plain.read_text().splitlines()
    ]
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(wrapped), encoding="utf-8")
    assert moved(path, RULES) == []


@pytest.mark.parametrize("line", ["{", "[]", '{"text": "secret"}', '{"decision_id": "secret"}'])
def test_a_line_that_cannot_be_used_is_named_without_its_text(tmp_path: Path, line: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("\n" + line, encoding="utf-8")
    with pytest.raises(TrafficError, match=r"bad\.jsonl:2: neither") as caught:
        read(path)
    assert "secret" not in str(caught.value)
