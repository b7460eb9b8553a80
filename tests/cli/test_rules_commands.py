"""The commands on rules and decisions, as people call them: tables, exit codes, errors."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consumer.cli.app import app
from consumer.exit_codes import ExitCode
from consumer.routing.rules import DEFAULT_RULES
from tests.workbench.test_golden import GOLDEN

RUNNER = CliRunner()
DEFAULT = DEFAULT_RULES.read_text(encoding="utf-8")


def run(*arguments: str) -> tuple[int, str]:
    result = RUNNER.invoke(app, list(arguments))
    return result.exit_code, result.output


def written(folder: Path, text: str, name: str = "rules.yaml") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_lint_says_that_all_is_well() -> None:
    assert run("rules", "lint", str(DEFAULT_RULES)) == (
        0,
        "no findings in default_rules.yaml\n",
    )


def test_lint_tells_every_finding_in_a_table(tmp_path: Path) -> None:
    text = DEFAULT.replace("tz: UTC", "tz: Mars").replace("value: after_sales}", "value: typo}")
    code, output = run("rules", "lint", written(tmp_path, text))
    assert code == ExitCode.CHECK_FAILED
    heading, first, second, count = output.splitlines()
    assert heading.split() == ["file", "line", "column", "rule", "field", "problem"]
    assert "calendars.always.tz  unknown time zone 'Mars'" in " ".join(first.split(" "))
    assert "the models know no intent 'typo'" in second
    assert count == "2 findings"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for command in (["rules", "lint"], ["rules", "diff", str(DEFAULT_RULES)]):
        code, output = run(*command, str(tmp_path / "none.yaml"))
        assert code == ExitCode.USAGE
        assert output.startswith("error: ")
        assert "none.yaml" in output


def test_golden_conversations_come_out_as_expected(tmp_path: Path) -> None:
    golden = written(tmp_path, GOLDEN, "golden.yaml")
    code, output = run("rules", "test", str(DEFAULT_RULES), golden)
    assert (code, output) == (0, "✓ angry\n✓ calm\n2 conversations came out as expected\n")


def test_a_golden_conversation_that_comes_out_otherwise_is_told(tmp_path: Path) -> None:
    golden = written(tmp_path, GOLDEN.replace("priority: 95", "priority: 5"), "golden.yaml")
    code, output = run("rules", "test", str(DEFAULT_RULES), golden)
    assert code == ExitCode.CHECK_FAILED
    assert output.startswith("✗ angry\n✓ calm\n")
    assert ["angry", "2", "9", "priority", "5", "95"] in [
        line.split() for line in output.split("\n")
    ]
    assert output.endswith("1 of 2 conversations came out otherwise\n")


def test_a_diff_without_traffic_plays_the_demo(tmp_path: Path) -> None:
    new = written(tmp_path, DEFAULT.replace("queue: product_feedback", "queue: ideas"), "new.yaml")
    code, output = run("rules", "diff", str(DEFAULT_RULES), new)
    assert code == 0
    assert "messages (" in output.splitlines()[-1]


def test_a_backtest_reads_decisions_and_messages(tmp_path: Path) -> None:
    given = {
        "message_id": "m-1",
        "conversation_id": "c-1",
        "text": "where is my invoice",
        "sent_at": "2026-01-01T00:00:00Z",
    }
    lines = written(tmp_path, json.dumps(given), "messages.jsonl")
    new = written(tmp_path, DEFAULT.replace("priority: 30", "priority: 31"), "new.yaml")
    code, output = run("rules", "backtest", "--rules", new, "--from", lines)
    assert code == 0
    assert output.startswith("0 of 1 messages (0.0%) go another way")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--from", "x.jsonl", "--topic"], "both --from and --topic; give one of them"),
        (["--from", "none.jsonl"], "none.jsonl"),
    ],
)
def test_traffic_that_cannot_be_read_is_named(arguments: list[str], named: str) -> None:
    code, output = run("rules", "backtest", "--rules", str(DEFAULT_RULES), *arguments)
    assert code == ExitCode.USAGE
    assert output.startswith("error: ")
    assert named in output


def test_explain_tells_the_whole_decision() -> None:
    code, output = run(
        "explain", "我的订单JD20260101888都一周了还没到，太气人了！", "--tier", "vip"
    )
    assert code == 0
    for part in (
        "ORDER_ID JD20260101888",
        "language zh",
        "pushed by",
        "by rule ",
        "earlier rule",
        "escalated-anger",
        "smallest changes",
    ):
        assert part in output


def test_explain_takes_a_message_and_other_rules(tmp_path: Path) -> None:
    rules = written(tmp_path, DEFAULT.replace('version: "1"', 'version: "7"'))
    given = {
        "message_id": "m",
        "conversation_id": "c",
        "text": "hi",
        "sent_at": "2026-01-01T00:00:00Z",
    }
    code, output = run("explain", json.dumps(given), "--rules", rules)
    assert code == 0
    assert "rules default 7" in output


@pytest.mark.parametrize("text", ["", " ", "?!", "<", "[red]", "9" * 5_000, "こんにちは、元気"])
def test_explain_has_something_to_say_of_any_text(text: str) -> None:
    code, output = run("explain", text)
    assert code == 0, output
    assert "by rule " in output


def test_explain_refuses_what_is_no_message() -> None:
    code, output = run("explain", '{"text": "hi"}')
    assert code == ExitCode.USAGE
    assert output.startswith("error: no usable message.received (no_conversation)")
