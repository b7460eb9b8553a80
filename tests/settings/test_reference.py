"""The committed reference of all settings is the generated one."""

from pathlib import Path

from consumer.settings.reference import configuration_page

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_reference_in_the_docs_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == configuration_page(), (
        "run: python -m consumer.settings > docs/configuration.md"
    )


def test_every_setting_has_a_meaning() -> None:
    rows = [line for line in configuration_page().splitlines() if line.startswith("| `")]
    assert rows
    assert all(row.split(" | ")[-1].strip(" |") for row in rows)
