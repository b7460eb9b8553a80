"""What a dashboard is made of, and its form as Grafana's JSON. Knows no metric.

In a query `{S` stands for the selector of the dashboard's variables: `{S}` or `{S, le="0.25"}`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["timeseries", "stat", "bargauge", "table"]
Unit = Literal["s", "short", "percentunit", "ops", "bytes", "cores"]

_WIDTH, _HEIGHT = 24, 8
_SCHEMA = 39
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_GRAFANA_UNITS = {"cores": "short"}
_ALL = ".*"


@dataclass(frozen=True, slots=True)
class Query:
    """One line of a panel; `legend` may name labels as `{{label}}`."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture. `about` says what to make of it; `stacked` lays the lines upon each other."""

    title: str
    about: str
    unit: Unit
    queries: tuple[Query, ...]
    kind: Kind = "timeseries"
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Panels side by side."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice at the top of the page: the values of a label."""

    name: str
    metric: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page. `uid` never changes: links lead to it. `selected` are the labels `{S` selects by."""

    uid: str
    title: str
    about: str
    variables: tuple[Variable, ...]
    selected: tuple[str, ...]
    rows: tuple[Row, ...]

    def json(self) -> dict[str, Any]:
        """As Grafana imports it."""
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.about,
            "tags": ["chat-router"],
            "schemaVersion": _SCHEMA,
            "editable": False,
            "graphTooltip": 1,
            "refresh": "30s",
            "time": {"from": "now-3h", "to": "now"},
            "templating": {"list": [_datasource(), *map(_variable, self.variables)]},
            "panels": list(self._panels()),
        }

    def _panels(self) -> Iterator[dict[str, Any]]:
        top = 0
        for number, row in enumerate(self.rows, 1):
            yield _row(number, row.title, top)
            top += 1
            width = _WIDTH // len(row.panels)
            for place, panel in enumerate(row.panels):
                at = {"x": place * width, "y": top, "w": width, "h": _HEIGHT}
                yield self._panel(panel, number * 100 + place + 1, at)
            top += _HEIGHT

    def _panel(self, panel: Panel, number: int, at: dict[str, int]) -> dict[str, Any]:
        return {
            "id": number,
            "title": panel.title,
            "description": panel.about,
            "type": panel.kind,
            "datasource": _SOURCE,
            "gridPos": at,
            "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
            "options": _options(panel.kind),
            "targets": [
                _target(panel, letter, self._resolved(query.expr), query.legend)
                for letter, query in zip("ABCDEFGH", panel.queries, strict=False)
            ],
        }

    def _resolved(self, expr: str) -> str:
        selector = ", ".join(f'{label}=~"${label}"' for label in self.selected)
        return expr.replace("{S", "{" + selector)


def _datasource() -> dict[str, Any]:
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
    }


def _variable(variable: Variable) -> dict[str, Any]:
    return {
        "name": variable.name,
        "type": "query",
        "datasource": _SOURCE,
        "query": f"label_values({variable.metric}, {variable.name})",
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": _ALL,
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _row(number: int, title: str, top: int) -> dict[str, Any]:
    at = {"x": 0, "y": top, "w": _WIDTH, "h": 1}
    return {
        "id": number,
        "title": title,
        "type": "row",
        "collapsed": False,
        "gridPos": at,
        "panels": [],
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": _GRAFANA_UNITS.get(panel.unit, panel.unit), "min": 0}
    if panel.kind == "timeseries":
        stacking = {"mode": "normal" if panel.stacked else "none"}
        defaults["custom"] = {"fillOpacity": 30 if panel.stacked else 5, "stacking": stacking}
    return defaults


def _options(kind: Kind) -> dict[str, Any]:
    if kind == "timeseries":
        return {"legend": {"displayMode": "list", "placement": "bottom"}}
    if kind == "table":
        return {"showHeader": True}
    return {"reduceOptions": {"calcs": ["lastNotNull"]}}


def _target(panel: Panel, letter: str, expr: str, legend: str) -> dict[str, Any]:
    now = panel.kind != "timeseries"
    form = "table" if panel.kind == "table" else "time_series"
    return {
        "refId": letter,
        "datasource": _SOURCE,
        "expr": expr,
        "legendFormat": legend or "__auto",
        "instant": now,
        "range": not now,
        "format": form,
    }


def panels_of(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Those of a dashboard's JSON that hold queries."""
    return (panel for panel in rows if panel["type"] != "row")
