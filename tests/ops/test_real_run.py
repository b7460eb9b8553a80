"""A real service is really broken, and a real Prometheus with the shipped rules says so.

`make real-run` breaks it in every way whose alert comes within two minutes; the short part of it,
which is a test like any other, hangs one takeover and looks at every panel.
"""

import math
import os
import re
from pathlib import Path

import pytest

from tests.ops.real_stage import Stage, real_stage
from tests.ops.shipped import alerts, panels

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(1_500)]
WHOLE = "CHAT_ROUTER_TEST_REAL_RUN"
UIDS = ("chat-router-operations", "chat-router-supervisors")
QUICK_S = 120
FEW = 50
CALM, PLENTY = 20.0, 150.0
# Below what halts a partition.
BAD_SHARE = 0.12


def seconds(duration: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([smh])", duration).groups()  # type: ignore[union-attr]
    return int(number) * {"s": 1, "m": 60, "h": 3_600}[unit]


def quick_alerts() -> set[str]:
    return {one["alert"] for one in alerts() if seconds(one.get("for", "0s")) <= QUICK_S}


def test_a_real_service_is_seen_in_trouble_and_in_health(tmp_path: Path) -> None:
    with real_stage(tmp_path) as stage:
        hang_a_takeover(stage)
        with stage.customers:
            talk(stage)
            if os.environ.get(WHOLE) == "whole":
                hang_the_models(stage)
                send_rubbish(stage)
                hang_the_broker(stage)
                kill(stage)
                assert set(stage.seen) == quick_alerts()
            every_panel_has_data(stage)
        assert all(seen == ["fires", "clears"] for seen in stage.seen.values())
        assert stage.prometheus.unhealthy_rules() == []


def hang_a_takeover(stage: Stage) -> None:
    with stage.held_restore():
        stage.start_router()
        stage.until_fires("ChatRouterRestoreSlow")
        assert "conversation state is being restored" in stage.reasons()
    stage.until_clears("ChatRouterRestoreSlow")
    stage.until(lambda: stage.reasons() == [], "readiness")


def talk(stage: Stage) -> None:
    asked = "sum(chat_router_decisions_total)"
    stage.until(lambda: stage.prometheus.value(asked) > FEW, "decisions")
    answered = "sum(chat_router_overrides_total)"
    stage.until(lambda: stage.prometheus.value(answered) > 0, "overrides")
    # The burn of the takeover that hung, and an absence before the first start.
    stage.until(lambda: not stage.prometheus.firing(), "a calm beginning")


def hang_the_models(stage: Stage) -> None:
    stage.team.at_desks = False
    overdue = "max(chat_router_overdue_escalations)"
    stage.until(lambda: stage.prometheus.value(overdue) > 6, "escalations that nobody saw")
    stage.customers.rate = CALM / 4
    stage.stall_model()
    stage.until_fires("ChatRouterNotCommitting", "ChatRouterEscalationsOverdue")
    stage.release_model()
    stage.team.at_desks = True
    stage.until_clears("ChatRouterNotCommitting", "ChatRouterEscalationsOverdue")


def send_rubbish(stage: Stage) -> None:
    """The hang has made messages slow; now many are bad too, until there are enough good ones."""
    names = ("ChatRouterDeadLettersHigh", "ChatRouterLatencyBudgetBurn", "ChatRouterCircuitOpen")
    stage.flood()
    stage.customers.rate, stage.customers.bad_share = CALM, BAD_SHARE
    stage.until_fires(*names)
    stage.customers.rate, stage.customers.bad_share = PLENTY, 0.0
    stage.until_clears(*names)
    stage.customers.rate = CALM


def hang_the_broker(stage: Stage) -> None:
    with stage.frozen_broker():
        stage.until_fires("ChatRouterStalled", team=False)
    stage.until_clears("ChatRouterStalled")


def kill(stage: Stage) -> None:
    stage.end_router()
    stage.until_fires("ChatRouterInstanceDown", "ChatRouterAbsent")
    stage.start_router()
    stage.until_clears("ChatRouterInstanceDown", "ChatRouterAbsent")
    stage.until(lambda: stage.prometheus.value("sum(chat_router_decisions_total)") > FEW, "work")


def every_panel_has_data(stage: Stage) -> None:
    empty = [
        f"{uid}: {panel['title']}: {target['expr']}"
        for uid in UIDS
        for panel in panels(uid).values()
        for target in panel["targets"]
        if not has_data(stage, target["expr"])
    ]
    assert not empty, "\n".join(empty)


def has_data(stage: Stage, expr: str) -> bool:
    asked = re.sub(r"\$(namespace|job|instance|language|channel)\b", ".*", expr)
    found = stage.prometheus.query(asked.replace("$__rate_interval", "5m"))
    return any(math.isfinite(float(one["value"][1])) for one in found)
