"""The front door: one result for each record, whatever the record is."""

import msgspec
import pytest

from consumer.contract.decision import Entity, RoutingDecided
from consumer.contract.escalation import EscalationOpened, EscalationResolved, EscalationUpdated
from consumer.contract.identity import event_id
from consumer.contract.message import DecisionOverridden
from consumer.records import RejectReason
from consumer.routing.conversation import NEW_CONVERSATION
from consumer.routing.prior_state import state_before
from tests.routing.builders import (
    CONVERSATION,
    MODELS,
    SOURCE,
    START_MS,
    Story,
    acknowledged,
    conversation_closed,
    feedback,
    judged,
    rejected,
    router,
    turn,
    understood,
)

ORDER = Entity("ORDER_ID", "SO-88213", "SO-88213", 0, 8, 0.99, "model")
PAYLOADS = {
    "escalation.opened": EscalationOpened,
    "escalation.updated": EscalationUpdated,
    "escalation.resolved": EscalationResolved,
}


def decide(**more: object) -> RoutingDecided:
    said = understood(7, **more)  # type: ignore[arg-type]
    decision = router().decide(said, None, START_MS + 27).decision
    assert decision is not None
    return decision


def test_a_decision_is_complete_and_survives_the_wire() -> None:
    decision = decide(entities=(ORDER,))
    assert msgspec.json.decode(msgspec.json.encode(decision), type=RoutingDecided) == decision
    assert decision.decision_id == event_id("routing.decided", SOURCE, "chat.messages.v1", 3, 7)
    assert decision.models == MODELS
    assert decision.ruleset.name == "default"
    assert decision.latency_ms == 20.0
    assert decision.sla.first_response_due_at == "2026-01-01T00:03:00.000Z"
    assert decision.prior.last_event_at is None
    assert (decision.conversation.turns, decision.conversation.customer_turns) == (1, 1)


def test_every_event_survives_the_wire() -> None:
    story = Story()
    story.says(0, 0.95, entities=(ORDER,))
    story.other(1, "agent")
    story.hears(2, conversation_closed())
    assert [name for name, _ in story.events] == list(PAYLOADS)
    for name, event in story.events:
        assert msgspec.json.decode(msgspec.json.encode(event), type=PAYLOADS[name]) == event


@pytest.mark.parametrize(
    ("more", "rule", "action", "target"),
    [
        ({"entities": (ORDER,)}, "track-order", "answer", "/orders/SO-88213"),
        ({}, "answer-by-machine", "answer", "assistant"),
        ({"intent_share": 0.7}, "parcels", "route", "logistics_en"),
        ({"intent_share": 0.7, "language": "zh-Hans"}, "parcels", "route", "logistics_zh"),
        ({"flaws": ("truncated",)}, "partly-read", "route", "general_en"),
        ({"flaws": ("state_lost",)}, "partly-read", "route", "general_en"),
        ({"flaws": ("truncated",), "category": "complaint"}, "complaint", "route", "complaints_en"),
        ({"intent_share": 0.3}, "unclear", "offer_human", "clarify"),
        ({"category": "suggestion"}, "suggestion", "route", "product_feedback"),
        ({"category": "complaint"}, "complaint", "route", "complaints_en"),
        ({"category": "complaint", "tier": "svip"}, "escalated-vip", "escalate", "senior_care_en"),
        (
            {"category": "complaint", "contacts_7d": 3},
            "escalated-repeat-contact",
            "escalate",
            "complaints_en",
        ),
        ({"flaws": ("unsupported_language",)}, "unsupported-language", "route", "multilingual"),
        ({"flaws": ("no_content",)}, "unreadable", "route", "general_en"),
        ({"anger": 0.95}, "escalated-anger", "escalate", "escalations_en"),
        ({"intent": "other", "intent_share": 0.6}, "default", "route", "general_en"),
    ],
)
def test_the_first_matching_route_decides(
    more: dict[str, object], rule: str, action: str, target: str
) -> None:
    decision = decide(**more)
    assert (decision.reason.rule_id, decision.action) == (rule, action)
    assert decision.target.id == target


@pytest.mark.parametrize("value", ["../../admin", "****1234", "a b", "", "SO/1"])
def test_a_target_is_never_built_from_an_odd_entity(value: str) -> None:
    odd = Entity("ORDER_ID", value, value, 0, 4, 0.9, "model")
    assert decide(entities=(odd,)).reason.rule_id == "answer-by-machine"


def test_flaws_are_reported_as_degraded() -> None:
    decision = decide(flaws=("truncated",))
    assert decision.degraded
    assert decision.degraded_reasons == ("truncated",)


def test_a_record_applied_before_changes_nothing_and_is_decided_again() -> None:
    story = Story()
    first = story.says(0, 0.95)
    state = story.state
    assert state is not None
    again = story.router.decide(understood(1, 0, 0.95, text="hm"), state, START_MS)
    assert again.state is state
    assert again.escalations == ()
    assert again.decision is not None
    assert first.decision is not None
    assert again.decision.decision_id == first.decision.decision_id
    assert [change.change for change in again.decision.escalations] == ["none"]
    assert state_before(again.decision).messages_offset == 1
    for old in (story.router.observe(turn(1, 9, role="agent"), state, START_MS),):
        assert (old.decision, old.escalations) == (None, ())
        assert old.state is state


def test_feedback_has_offsets_of_its_own() -> None:
    front = router()
    state = front.observe(turn(50, role="bot"), None, START_MS).state
    heard = front.feedback(feedback(2, 1, conversation_closed()), state, START_MS).state
    assert (heard.messages_offset, heard.feedback_offset) == (50, 2)
    assert front.feedback(feedback(2, 1, conversation_closed()), heard, START_MS).state is heard


@pytest.mark.parametrize("role", ["agent", "bot", "system"])
def test_turns_of_others_change_the_state_and_decide_nothing(role: str) -> None:
    routed = router().observe(turn(4, role=role), None, START_MS)
    assert routed.decision is None
    state = routed.state
    assert (state.seq, state.turns, state.customer_turns, state.messages_offset) == (1, 1, 0, 4)


def test_an_unusable_record_gets_a_decision_that_knows_nothing() -> None:
    story = Story()
    story.says(0, 0.1)
    before = story.state
    assert before is not None
    routed = story.router.degrade(rejected(9, 5), before, START_MS)
    decision = routed.decision
    assert decision is not None
    assert decision.degraded
    assert decision.degraded_reasons == ("unusable_record",)
    assert (decision.category.confidence, decision.intent.confidence) == (0.0, 0.0)
    assert decision.reason.rule_id == "unreadable"
    assert (routed.state.turns, routed.state.customer_turns) == (1, 1)
    assert (routed.state.seq, routed.state.messages_offset) == (before.seq + 1, 9)
    assert routed.state.mood == before.mood


@pytest.mark.parametrize(
    ("reason", "degraded"),
    [
        ("parse", "unusable_record"),
        ("schema", "unusable_record"),
        ("model_input", "model_failure"),
        ("model_output", "model_failure"),
        ("crash", "model_failure"),
    ],
)
def test_a_decision_without_content_says_whether_record_or_model_failed(
    reason: RejectReason, degraded: str
) -> None:
    said = msgspec.structs.replace(rejected(9), reason=reason)
    decision = router().degrade(said, None, START_MS).decision
    assert decision is not None
    assert (decision.degraded, decision.degraded_reasons) == (True, (degraded,))
    assert (decision.reason.rule_id, decision.target.id) == ("unreadable", "general_en")


def test_an_unusable_record_stays_with_whoever_handles_the_anger() -> None:
    story = Story()
    story.says(0, 0.95)
    decision = story.router.degrade(rejected(9, 5), story.state, START_MS).decision
    assert decision is not None
    assert decision.reason.rule_id == "escalated-anger"


def test_without_a_conversation_there_is_nothing_to_decide_on() -> None:
    with pytest.raises(ValueError, match="without a conversation"):
        router().degrade(rejected(9, conversation_id=None), None, START_MS)


def test_a_bare_turn_is_about_the_subject_under_discussion() -> None:
    story = Story()
    story.says(0, intent="refund_return")
    decision = story.says(1, text="yes", intent="other").decision
    assert decision is not None
    assert (decision.intent.name, decision.intent.origin) == ("refund_return", "conversation")
    assert decision.action == "route"
    rebuilt = state_before(decision)
    again = story.router.decide(understood(2, 1, intent="other", text="yes"), rebuilt, 0).decision
    assert again is not None
    assert again.intent == decision.intent


def test_a_persons_intent_becomes_the_subject() -> None:
    story = Story()
    story.says(0, intent="delivery")
    story.hears(
        1, DecisionOverridden(conversation_id=CONVERSATION, decision_id="d", intent="payment")
    )
    assert story.state is not None
    assert list(story.state.topic) == ["payment"]


def test_feedback_on_what_nobody_knows_is_taken_in_and_changes_nothing_else() -> None:
    story = Story()
    for event in (acknowledged("unknown"), judged("unknown", "wrong"), conversation_closed()):
        routed = story.hears(1, event)
        assert (routed.decision, routed.escalations) == (None, ())
    assert story.state is not None
    assert (story.state.seq, story.state.turns, story.state.open) == (3, 0, ())


def test_feedback_twice_or_late_counts_once() -> None:
    story = Story()
    story.says(0, 0.95)
    escalation = story.events[0][1].escalation_id
    assert story.state is not None
    first = story.router.feedback(feedback(5, 10, acknowledged(escalation)), story.state, START_MS)
    assert [name for name, _ in first.escalations] == ["escalation.updated"]
    for offset in (5, 4):
        again = story.router.feedback(
            feedback(offset, 11, judged(escalation, "wrong")), first.state, START_MS
        )
        assert (again.escalations, again.state) == ((), first.state)


def test_a_late_message_does_not_turn_the_clock_back() -> None:
    story = Story()
    story.says(100, 0.1)
    story.says(40, 0.95)
    assert story.state is not None
    assert story.state.last_event_ms == START_MS + 100_000
    assert story.events[0][1].opened_at == "2026-01-01T00:01:40.000Z"


def test_a_state_is_never_changed_in_place() -> None:
    before = msgspec.json.encode(NEW_CONVERSATION)
    router().decide(understood(1, anger=1.0), NEW_CONVERSATION, START_MS)
    assert msgspec.json.encode(NEW_CONVERSATION) == before
