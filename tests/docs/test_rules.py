"""What docs/rules.md says is so: its file has no findings, its conversation plays, no key lacks."""

import re
from pathlib import Path
from types import ModuleType

import pytest
from msgspec import Struct
from typer.testing import CliRunner

from consumer.cli.app import app
from consumer.routing import rules_schema
from consumer.routing.fields import FIELD_NAMES, OPERATORS
from consumer.routing.routes import REASON_VALUES
from consumer.workbench import golden_file

TEXT = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
RULES, GOLDEN = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
RUNNER = CliRunner()


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES, encoding="utf-8")
    return str(path)


def test_the_file_has_no_findings(rules: str) -> None:
    result = RUNNER.invoke(app, ["rules", "lint", rules])
    assert result.output == "no findings in rules.yaml\n"


def test_the_conversation_comes_out_as_it_says(rules: str, tmp_path: Path) -> None:
    golden = tmp_path / "golden.yaml"
    golden.write_text(GOLDEN, encoding="utf-8")
    result = RUNNER.invoke(app, ["rules", "test", rules, str(golden)])
    assert result.exit_code == 0, result.output


def keys_of(module: ModuleType) -> set[str]:
    return {
        name
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Struct) and one.__module__ == module.__name__
        for name in one.__struct_encode_fields__
    }


def test_no_key_is_left_out() -> None:
    known = keys_of(rules_schema) | {name for name in keys_of(golden_file) if name != "source"}
    missing = [name for name in sorted(known) if not re.search(rf"\b{name}\b", TEXT)]
    assert missing == []


def test_no_field_operator_or_placeholder_is_left_out() -> None:
    names = [name.rpartition(".")[2] if "conversation" in name else name for name in FIELD_NAMES]
    operators = [one for several in OPERATORS.values() for one in several]
    missing = [name for name in (*names, *operators, *REASON_VALUES) if name not in TEXT]
    assert missing == []
