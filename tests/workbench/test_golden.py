"""Golden conversations: what comes out otherwise is told with its line, and nothing else."""

from pathlib import Path

import pytest

from consumer.inference.model import Model
from consumer.inference.stub import StubModel
from consumer.routing.rules_error import RulesError
from consumer.workbench.golden import Deviation, deviations
from consumer.workbench.golden_file import read_golden
from tests.workbench.builders import RULES

GOLDEN = """\
format: 1
conversations:
  - name: angry
    tier: standard
    turns:
      - text: this is bad
        said: {category: complaint, intent: after_sales, anger: 0.6, sentiment: negative}
        expect: {action: offer_human, target.id: complaints_en, category.label: complaint}
      - text: still bad
        said: {category: complaint, intent: after_sales, anger: 0.6, sentiment: negative}
        expect: {reason.rule_id: escalated-anger, priority: 95, fallbacks.0.after_s: 60}
        escalations: [anger opened]
      - {text: I take care of it, sender: agent, escalations: [anger updated]}
      - {feedback: conversation.closed, escalations: [anger resolved conversation_closed]}
  - name: calm
    turns:
      - text: 发票
        expect: {target.type: flow, language.code: zh}
"""


def played(tmp_path: Path, text: str) -> list[Deviation]:
    path = tmp_path / "golden.yaml"
    path.write_text(text, encoding="utf-8")
    return [one for _, found in deviations(read_golden(path), RULES, StubModel) for one in found]


def test_what_comes_out_as_expected_deviates_in_nothing(tmp_path: Path) -> None:
    assert played(tmp_path, GOLDEN) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "expected", "found"),
    [
        ("complaints_en", "x", 6, "target.id", "x", "complaints_en"),
        ("priority: 95", "priority: 1", 9, "priority", "1", "95"),
        ("fallbacks.0.", "fallbacks.9.", 9, "fallbacks.9.after_s", "60", "(no such field)"),
        ("[anger opened]", "[]", 9, "escalations", "nothing", "anger opened"),
        (
            "{target.type: flow, language.code: zh}",
            "{target.type: flow}\\n        escalations: [vip opened]",
            17,
            "escalations",
            "vip opened",
            "nothing",
        ),
    ],
)
def test_what_comes_out_otherwise_is_told(
    tmp_path: Path, old: str, new: str, line: int, field: str, expected: str, found: str
) -> None:
    (one,) = played(tmp_path, GOLDEN.replace(old, new.replace("\\n", "\n"), 1))
    assert (one.line, one.field, one.expected, one.found) == (line, field, expected, found)


def no_model() -> Model:
    raise AssertionError


def test_no_model_is_opened_where_the_file_says_what_models_say(tmp_path: Path) -> None:
    path = tmp_path / "golden.yaml"
    path.write_text(GOLDEN[: GOLDEN.index("  - name: calm")], encoding="utf-8")
    ((_, found),) = deviations(read_golden(path), RULES, no_model)
    assert found == []


def test_an_escalation_is_acknowledged_and_judged(tmp_path: Path) -> None:
    text = GOLDEN.replace("conversation.closed,", "escalation.acknowledged,")
    (one,) = played(tmp_path, text)
    assert one.found != "anger resolved conversation_closed"
    assert played(tmp_path, GOLDEN.replace("conversation.closed,", "escalation.judged wrong,"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format: 1", "format: 2", "1:1: format: 2 is not 1"),
        ("tier: standard", "teir: standard", ":3:5: "),
        ("      - text: this is bad\n", "      -\n", "needs either text or feedback"),
        ("feedback: conversation.closed", "feedback: closed", "'closed' is none of"),
        ("action: offer_human", "aktion: offer_human", "a decision has no field 'aktion'"),
        ("sender: agent,", "sender: agent, expect: {priority: 1},", "only a customer's message"),
        ("anger: 0.6", "anger: 6", ":7:58: conversations[0].turns[0].said.anger"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(RulesError) as caught:
        played(tmp_path, GOLDEN.replace(old, new, 1))
    assert said in str(caught.value)
