"""The rules and dashboards that the chart ships, read as they are."""

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FILES = ROOT / "helm" / "chat-router" / "files"
RULE_FILES = tuple(sorted((FILES / "rules").glob("*.yaml")))
DASHBOARD_FILES = tuple(sorted((FILES / "dashboards").glob("*.json")))
RUNBOOK = ROOT / "docs" / "runbooks" / "alerts.md"


def rules() -> list[dict[str, Any]]:
    """All recording and alerting rules."""
    return [rule for group in _groups() for rule in group["rules"]]


def group_names() -> list[str]:
    """Those that record before those that read what is recorded; promtool's order is random."""
    recording = [str(group["name"]) for group in _groups() if "record" in group["rules"][0]]
    return recording + [str(one["name"]) for one in _groups() if one["name"] not in recording]


def alerts() -> list[dict[str, Any]]:
    """The alerting rules; a burn alert stands once for each pair of windows."""
    return [rule for rule in rules() if "alert" in rule]


def alert_names() -> list[str]:
    """Each name once."""
    return sorted({str(rule["alert"]) for rule in alerts()})


def recorded() -> set[str]:
    """The names that recording rules make."""
    return {str(rule["record"]) for rule in rules() if "record" in rule}


def dashboards() -> dict[str, dict[str, Any]]:
    """Grafana's JSON by uid."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in DASHBOARD_FILES]
    return {one["uid"]: one for one in found}


def panels(uid: str) -> dict[int, dict[str, Any]]:
    """The panels with queries, by id."""
    return {one["id"]: one for one in dashboards()[uid]["panels"] if one["type"] != "row"}


def _groups() -> list[dict[str, Any]]:
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in RULE_FILES]
    return [group for one in documents for group in one["groups"]]
