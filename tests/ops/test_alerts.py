"""Every alert fires when it should, is silent when it should be, and leads to its runbook."""

import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from tests.ops.alert_cases import CASES, Case, Firing
from tests.ops.programs import program
from tests.ops.queries import metrics_of
from tests.ops.shipped import RULE_FILES, RUNBOOK, alert_names, alerts, group_names, panels


def promtool(*arguments: str | Path) -> None:
    command = [program("promtool"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_are_well_formed() -> None:
    promtool("check", "rules", *RULE_FILES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.alert}: {case.name}")
def test_an_alert_answers_to_its_series(case: Case, tmp_path: Path) -> None:
    at = f"{case.at_m}m"
    expected = [alert_of(case.alert, firing) for firing in case.fires]
    check = {"eval_time": at, "alertname": case.alert, "exp_alerts": expected}
    series = [{"series": name, "values": values} for name, values in case.series.items()]
    test = {
        "rule_files": [str(path) for path in RULE_FILES],
        "group_eval_order": group_names(),
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": series, "alert_rule_test": [check]}],
    }
    path = tmp_path / "case.yaml"
    path.write_text(yaml.safe_dump(test))
    promtool("test", "rules", path)


@pytest.mark.parametrize("name", alert_names())
def test_each_alert_has_a_firing_and_a_silent_case(name: str) -> None:
    cases = [case for case in CASES if case.alert == name]
    assert any(case.fires for case in cases)
    assert any(not case.fires for case in cases)


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_says_what_whom_to_wake_and_where_to_look(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    notes = rule["annotations"]
    assert notes["summary"]
    assert notes["description"]
    assert urlsplit(notes["runbook_url"]).fragment == rule["alert"].lower()
    target = urlsplit(notes["dashboard_url"])
    panel = panels(target.path.rpartition("/")[2])[int(parse_qs(target.query)["viewPanel"][0])]
    shown = set().union(*(metrics_of(one["expr"]) for one in panel["targets"]))
    assert metrics_of(rule["expr"]) & shown, "the panel must show what the alert judges"


@pytest.mark.parametrize("name", alert_names())
def test_the_runbook_says_what_it_means_how_to_check_and_how_to_fix(name: str) -> None:
    sections = re.split(r"^## ", RUNBOOK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (section,) = [text for text in sections if text.splitlines()[0] == name]
    for heading in ("**Means.**", "**Check.**", "**Fix.**"):
        assert heading in section


def test_the_runbook_has_no_heading_of_an_alert_that_is_gone() -> None:
    headings = re.findall(r"^## (ChatRouter\w+)$", RUNBOOK.read_text("utf-8"), re.MULTILINE)
    assert sorted(headings) == alert_names()


def alert_of(name: str, firing: Firing) -> dict[str, Any]:
    """All labels and annotations, as promtool compares them."""
    (rule,) = [
        rule
        for rule in alerts()
        if rule["alert"] == name and rule["labels"].get("long") == firing.labels.get("long")
    ]
    return {
        "exp_labels": {**rule["labels"], **firing.labels},
        "exp_annotations": {**rule["annotations"], "description": firing.description},
    }
