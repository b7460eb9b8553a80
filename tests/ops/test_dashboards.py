"""The shipped dashboards are those of the code, and ask for nothing that nobody counts."""

import re

import pytest

from consumer.telemetry.catalogue import CATALOGUE
from consumer.telemetry.dashboards.files import files
from tests.ops.queries import metrics_of
from tests.ops.shipped import DASHBOARD_FILES, RULE_FILES, dashboards, panels, recorded, rules

UIDS = ("chat-router-operations", "chat-router-supervisors")
# Those of every Python process, and Prometheus' own.
STANDARD = {
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "up",
}
KNOWN = {name for metric in CATALOGUE for name in metric.samples} | STANDARD | recorded()


def test_the_shipped_files_are_those_that_the_code_makes() -> None:
    shipped = {path.name: path.read_text(encoding="utf-8") for path in DASHBOARD_FILES}
    assert shipped == files(), "run: make dashboards"


@pytest.mark.parametrize("uid", UIDS)
def test_every_panel_asks_for_what_is_counted(uid: str) -> None:
    for panel in panels(uid).values():
        for target in panel["targets"]:
            found = metrics_of(target["expr"])
            assert found, panel["title"]
            assert found <= KNOWN, panel["title"]


@pytest.mark.parametrize("uid", UIDS)
def test_every_panel_has_a_unit_a_meaning_and_a_place_of_its_own(uid: str) -> None:
    page = dashboards()[uid]["panels"]
    places = [(one["gridPos"]["x"], one["gridPos"]["y"]) for one in page]
    assert len(set(places)) == len(places)
    assert len({one["id"] for one in page}) == len(page)
    for panel in panels(uid).values():
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


@pytest.mark.parametrize("uid", UIDS)
def test_every_variable_is_used_and_every_used_one_is_there(uid: str) -> None:
    page = dashboards()[uid]
    there = {variable["name"] for variable in page["templating"]["list"]}
    exprs = " ".join(t["expr"] for panel in panels(uid).values() for t in panel["targets"])
    used = set(re.findall(r"\$([a-z]+)\b", exprs)) | {"datasource"}
    assert used == there


def test_the_rules_ask_for_what_is_counted() -> None:
    assert RULE_FILES
    for rule in rules():
        found = metrics_of(rule["expr"])
        assert found
        assert found <= KNOWN


def test_every_metric_is_shown_or_watched() -> None:
    exprs = [rule["expr"] for rule in rules()]
    exprs += [t["expr"] for uid in UIDS for panel in panels(uid).values() for t in panel["targets"]]
    asked = set().union(*map(metrics_of, exprs))
    unseen = [metric.name for metric in CATALOGUE if not asked & set(metric.samples)]
    assert not unseen
