"""The rules that come with the service do what they are meant to, route by route."""

from pathlib import Path

import pytest

from consumer.inference.stub import StubModel
from consumer.routing.rules import default_ruleset
from consumer.workbench.golden import deviations
from consumer.workbench.golden_file import read_golden
from tests.routing.builders import Story, rejected, router

GOLDEN = read_golden(Path(__file__).with_name("default_golden.yaml"))
# Reached by what no golden turn can say: a language that is not read, a record that is none.
BESIDE = {"unsupported-language", "unreadable"}


def test_every_golden_conversation_comes_out_as_expected() -> None:
    found = [
        one for _, several in deviations(GOLDEN, default_ruleset(), StubModel) for one in several
    ]
    assert found == []


def test_every_route_has_a_golden_turn() -> None:
    expected = {
        turn.expect["reason.rule_id"]
        for conversation in GOLDEN.conversations
        for turn in conversation.turns
        if "reason.rule_id" in turn.expect
    }
    rules = default_ruleset()
    assert expected == {route.id for route in (*rules.routes, rules.default)} - BESIDE


@pytest.mark.parametrize(
    ("flaw", "rule"),
    [
        ("unsupported_language", "unsupported-language"),
        ("no_content", "unreadable"),
        ("model_failure", "unreadable"),
    ],
)
def test_a_turn_that_cannot_be_read_still_has_a_rule(flaw: str, rule: str) -> None:
    decision = Story().says(0, flaws=(flaw,)).decision
    assert decision is not None
    assert decision.reason.rule_id == rule


def test_an_unusable_record_has_a_rule() -> None:
    decision = router().degrade(rejected(1), None, 0).decision
    assert decision is not None
    assert decision.reason.rule_id == "unreadable"
