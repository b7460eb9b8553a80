"""What people say is counted by what they said it of; what is forgotten is said to be."""

import pytest
from msgspec.structs import replace

from consumer.contract.message import DecisionOverridden, Feedback
from consumer.contract.topics import Topics
from consumer.inference.stub import StubModel
from consumer.ports import Published
from consumer.telemetry.catalogue import MAX_RULES
from consumer.telemetry.feedback import Recent
from consumer.telemetry.observer import Work
from consumer.telemetry.prometheus import PrometheusObserver
from tests.routing.builders import (
    CONVERSATION,
    Story,
    acknowledged,
    conversation_closed,
    feedback,
    judged,
)
from tests.telemetry.test_metrics import samples, value


@pytest.fixture
def observer() -> PrometheusObserver:
    found = PrometheusObserver(Topics())
    found.describe_model(StubModel(), "cpu")
    return found


def overridden(decision_id: str) -> Feedback:
    return DecisionOverridden(
        conversation_id=CONVERSATION, tenant_id="shop1", decision_id=decision_id, intent="order"
    )


def publish(observer: PrometheusObserver, work: Work) -> None:
    observer.published(Published.COMMITTED, 0.01, [work], 1)


def test_overrides_are_counted_by_the_intent_and_rule_of_their_decision(
    observer: PrometheusObserver,
) -> None:
    story = Story()
    first, second = story.says(0), story.says(1, intent="payment", intent_share=0.6)
    publish(observer, Work([], [first, second]))
    assert first.decision is not None
    events = [overridden(first.decision.decision_id), overridden("long ago")]
    publish(observer, Work([feedback(n, 2, event) for n, event in enumerate(events)], []))
    assert value(observer, "overrides_total", intent="delivery") == 1
    assert value(observer, "overrides_total", intent="other") == 1
    rule = first.decision.reason.rule_id
    assert value(observer, "rule_decisions_total", rule=rule) == 1
    assert value(observer, "rule_overrides_total", rule=rule) == 1
    assert value(observer, "feedback_total", event="decision_overridden") == 2


def test_judgements_are_counted_by_kind_and_verdict(observer: PrometheusObserver) -> None:
    opened = Story().says(0, anger=0.9)
    (_, event) = opened.escalations[0]
    said = [
        judged(event.escalation_id, "right"),
        judged(event.escalation_id, "wrong"),
        judged("long ago", "wrong"),
        acknowledged(event.escalation_id),
        conversation_closed(),
    ]
    publish(observer, Work([feedback(n, 1, one) for n, one in enumerate(said)], [opened]))
    name = "escalations_judged_total"
    assert value(observer, name, kind="anger", verdict="right") == 1
    assert value(observer, name, kind="anger", verdict="wrong") == 1
    assert value(observer, name, kind="forgotten", verdict="wrong") == 1
    assert value(observer, "feedback_total", event="escalation_judged") == 3
    assert value(observer, "feedback_total", event="escalation_acknowledged") == 1
    assert value(observer, "feedback_total", event="conversation_closed") == 1


def test_the_number_of_series_is_bounded(observer: PrometheusObserver) -> None:
    routed = Story().says(0)
    assert routed.decision is not None
    reason = routed.decision.reason
    many = [
        replace(
            routed,
            decision=replace(routed.decision, reason=replace(reason, rule_id=f"rule-{number}")),
        )
        for number in range(3 * MAX_RULES)
    ]
    publish(observer, Work([], many))
    series = [
        labels for name, labels in samples(observer) if name == "chat_router_rule_decisions_total"
    ]
    assert len(series) == MAX_RULES + 1
    assert value(observer, "rule_decisions_total", rule="other") == 2 * MAX_RULES


def test_what_did_not_commit_is_not_counted(observer: PrometheusObserver) -> None:
    work = Work([feedback(1, 0, overridden("d"))], [Story().says(0)])
    observer.published(Published.NOT_COMMITTED, 0.01, [work], 1)
    assert value(observer, "feedback_total", event="decision_overridden") == 0


def test_the_oldest_is_forgotten_first() -> None:
    recent: Recent[int] = Recent(3)
    for number in range(5):
        recent.put(f"id-{number}", number)
    assert [recent.get(f"id-{number}") for number in range(5)] == [None, None, 2, 3, 4]
