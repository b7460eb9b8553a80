"""A bound on new escalations: exact, in event time, never for what matters most."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.routing.escalation_policy import Policy, RateLimits
from consumer.routing.rate_guard import RateGuard
from consumer.routing.rules import default_ruleset
from tests.routing.builders import START_MS, Story

SECOND = 1_000
MINUTE = 60 * SECOND
ATTEMPT = st.tuples(st.sampled_from(["anger", "vip"]), st.integers(1, 3), st.integers(0, 30_000))
POLICIES = default_ruleset().policies


def limited(kind: str, per_minute: int, burst: int) -> Policy:
    interval_ms = -(-MINUTE // per_minute)
    return replace(POLICIES[kind], limits=RateLimits(interval_ms, interval_ms * (burst - 1)))


def test_a_burst_passes_and_then_one_an_interval() -> None:
    guard, anger = RateGuard(), limited("anger", 6, 3)
    assert [guard.admits(anger, 2, 0) for _ in range(4)] == [True, True, True, False]
    assert not guard.admits(anger, 2, 9 * SECOND)
    assert guard.admits(anger, 2, 10 * SECOND)
    assert not guard.admits(anger, 2, 10 * SECOND)


def test_kinds_have_meters_of_their_own() -> None:
    guard, breach = RateGuard(), limited("sla_breach", 1, 1)
    assert guard.admits(breach, 2, 0)
    assert not guard.admits(breach, 2, 0)
    assert guard.admits(limited("anger", 1, 1), 2, 0)


@pytest.mark.parametrize(("kind", "severity"), [("human_request", 1), ("anger", 4)])
def test_a_request_for_a_person_and_severity_4_always_pass(kind: str, severity: int) -> None:
    guard, policy = RateGuard(), limited(kind, 1, 1)
    assert all(guard.admits(policy, severity, 0) for _ in range(10_000))
    assert guard.admits(policy, 3, 0) is (kind == "human_request")
    assert guard.meters[kind] <= 60 * MINUTE


@given(st.lists(ATTEMPT, max_size=60), st.integers(1, 60), st.integers(1, 10))
def test_no_minute_lets_more_pass_than_a_burst_and_a_minutes_worth(
    attempts: list[tuple[str, int, int]], per_minute: int, burst: int
) -> None:
    policies = {kind: limited(kind, per_minute, burst) for kind in ("anger", "vip")}
    guard, again = RateGuard(), RateGuard()
    passed: dict[str, list[int]] = {"anger": [], "vip": []}
    at_ms = 0
    for kind, severity, gap_ms in attempts:
        at_ms += gap_ms
        again = RateGuard(again.meters)  # restored before every record
        admitted = guard.admits(policies[kind], severity, at_ms)
        assert again.admits(policies[kind], severity, at_ms) is admitted
        if admitted:
            passed[kind].append(at_ms)
    for times in passed.values():
        for start in times:
            assert sum(start <= at < start + MINUTE for at in times) <= burst + per_minute


def test_what_was_held_back_is_told_when_it_opens() -> None:
    story = Story()
    guard = RateGuard({"anger": START_MS + 10 * MINUTE})
    for at_s in range(3):
        story.says(at_s, 0.6, guard=guard)
    assert story.names() == []
    told = [decision.prior.held_back for decision in story.decisions]
    assert told == [(), ("anger",), ("anger",)]
    story.says(700, 0.6, guard=guard)
    assert story.names("anger") == ["opened"]
    assert story.events[-1][1].suppressed_count == 2
