"""Commands without a broker: help, exit codes, and errors of one line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from consumer.cli.app import app
from consumer.exit_codes import ExitCode

NOBODY = "127.0.0.1:1"
LEAVES = (
    ["run"],
    ["route"],
    ["check"],
    ["load"],
    ["broker"],
    ["topics", "create"],
    ["topics", "check"],
    ["explain"],
    ["feedback", "report"],
    ["feedback", "export"],
    ["rules", "lint"],
    ["rules", "test"],
    ["rules", "backtest"],
    ["rules", "diff"],
    ["dlq", "list"],
    ["dlq", "replay"],
)
RUNNER = CliRunner()


@pytest.mark.parametrize("command", LEAVES, ids=" ".join)
def test_every_command_has_examples(command: list[str]) -> None:
    result = RUNNER.invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert f"chat-router {' '.join(command)}" in result.output


def test_the_main_help_lists_the_exit_codes() -> None:
    output = RUNNER.invoke(app, ["--help"]).output
    assert all(f"{code:>4}  " in output for code in ExitCode)


def test_an_unknown_option_is_a_usage_error() -> None:
    assert RUNNER.invoke(app, ["check", "--colour"]).exit_code == ExitCode.USAGE


def test_wrong_settings_are_named_one_a_line(tmp_path: Path) -> None:
    file = tmp_path / "router.yaml"
    file.write_text("kafka: {session_timeout_ms: 5}\nloop: {cadence_ms: -1}", encoding="utf-8")
    result = RUNNER.invoke(app, ["topics", "check", "-c", str(file)])
    assert result.exit_code == ExitCode.USAGE
    lines = result.stderr.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("error: ") for line in lines)


def test_a_broker_that_does_not_answer_is_named_with_what_to_do(
    tmp_path: Path,
) -> None:
    result = RUNNER.invoke(app, ["topics", "check", "--bootstrap", NOBODY])
    assert result.exit_code == ExitCode.BROKER
    assert NOBODY in result.stderr
    assert "chat-router broker" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--reason", "colour"], "--reason colour: no such reason"),
        (["--since", "yesterday"], "--since 'yesterday': not a time"),
    ],
)
def test_a_filter_that_cannot_be_used_is_named(arguments: list[str], named: str) -> None:
    result = RUNNER.invoke(app, ["dlq", "list", *arguments])
    assert result.exit_code == ExitCode.USAGE
    assert result.stderr.startswith(f"error: {named}")


def test_check_names_what_is_wrong_and_goes_on(tmp_path: Path, tiny_bundle: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("format: 1\n", encoding="utf-8")
    file = tmp_path / "router.yaml"
    file.write_text(f"rules: {{path: {rules}}}\nbundle: {{path: {tiny_bundle}}}", encoding="utf-8")
    result = RUNNER.invoke(app, ["check", "--no-kafka", "-c", str(file)])
    assert result.exit_code == ExitCode.CHECK_FAILED
    assert "✗ rules: rules.yaml:1:1" in result.output
    assert "✓ model: answers the golden texts" in result.output


def test_check_names_wrong_settings(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["check", "-c", str(tmp_path / "none.yaml")])
    assert result.exit_code == ExitCode.CHECK_FAILED
    assert result.output.startswith("✗ settings: ")


def test_check_passes_with_good_parts(tmp_path: Path, tiny_bundle: Path) -> None:
    file = tmp_path / "router.yaml"
    file.write_text(f"bundle: {{path: {tiny_bundle}}}", encoding="utf-8")
    result = RUNNER.invoke(app, ["check", "--no-kafka", "-c", str(file)])
    assert result.exit_code == 0, result.output
    assert [line.split(":")[0] for line in result.output.splitlines()] == [
        "✓ settings",
        "✓ rules",
        "✓ bundle files",
        "✓ model",
        "✓ rules and model",
    ]
