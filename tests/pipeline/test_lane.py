"""A lane in good times: order, one outcome an input, state records, dead letters and gaps."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.pipeline.lane import Lane
from consumer.ports import InputGap
from tests.pipeline.lanes import (
    Talk,
    bodies,
    dead_letters,
    decisions,
    escalations,
    new_lane,
    outcome_of,
    states,
)
from tests.pipeline.records import TOPICS, feedback, key_of, message, record

AT_MESSAGES = (TOPICS.messages, 0)
AT_FEEDBACK = (TOPICS.feedback, 0)
FEW_EXAMPLES = 30


@settings(max_examples=FEW_EXAMPLES)
@given(st.permutations([0, 1, 2, 5, 6, 9]), st.integers(1, 7))
def test_decisions_leave_in_offset_order_in_whatever_order_workers_bring_them(
    order: list[int], limit: int
) -> None:
    lane = new_lane()
    records = {offset: record(offset, message("c-1", f"<anger={offset}>")) for offset in order}
    for offset in sorted(order):
        assert lane.expect(records[offset])
    left: list[int] = []
    for offset in order:
        lane.settle(records[offset], outcome_of(records[offset]))
        lane.advance(0, limit)
        assert lane.applied <= limit
        out, offsets = lane.take()
        made = [body["source"]["offset"] for body in decisions(out)]
        assert not made or offsets == {AT_MESSAGES: made[-1] + 1}
        lane.committed()
        left += made
    while lane.in_flight:
        lane.advance(0, limit)
        left += [body["source"]["offset"] for body in decisions(lane.take()[0])]
        lane.committed()
    assert left == sorted(order)


def test_a_record_that_was_had_before_is_refused() -> None:
    lane = new_lane(next_offsets={TOPICS.messages: 5})
    talk = Talk(lane, offset=5)
    assert not lane.expect(record(4, b""))
    talk.says("hello")
    assert not lane.expect(record(5, b""))
    talk.opens()
    assert not lane.expect(record(5, b"")), "applied, not yet committed"
    lane.committed()
    assert not lane.expect(record(5, b""))
    assert lane.expect(record(6, b""))


def test_only_changed_conversations_have_a_state_record_and_one_each() -> None:
    talk = Talk()
    talk.says("hello", conversation="a")
    talk.says("hello", conversation="b")
    assert states(talk.commits()) == {"default:a": True, "default:b": True}
    talk.says("again", conversation="b")
    talk.says("and again", conversation="b")
    out = talk.commits()
    assert [one.key for one in out if one.topic == TOPICS.state] == [b"default:b"]
    assert [one.partition for one in out if one.topic == TOPICS.state] == [0]
    assert talk.lane.conversations == 2


def test_agents_and_feedback_change_the_state_and_have_no_decision() -> None:
    talk = Talk()
    talk.says("<anger=85>")
    talk.commits()
    talk.says("hello, I am here to help", at_s=1, role="agent")
    talk.hears("conversation.closed", at_s=2)
    out, offsets = talk.opens()
    assert decisions(out) == []
    assert escalations(out) == [
        ("c-1", "anger", "acknowledged"),
        ("c-1", "anger", "conversation_closed"),
    ]
    assert states(out) == {"default:c-1": True}
    assert offsets == {AT_MESSAGES: 2, AT_FEEDBACK: 1}


def test_two_escalations_opened_by_one_message_have_identities_of_their_own() -> None:
    talk = Talk()
    talk.says("<anger=90> transfer me to a real person")
    out = talk.commits()
    opened = bodies(out, TOPICS.escalations)
    assert {body["kind"] for body in opened} == {"anger", "human_request"}
    assert len({body["escalation_id"] for body in opened}) == 2
    ids = [dict(one.headers or ())["ce_id"] for one in out if one.topic == TOPICS.escalations]
    assert len(set(ids)) == 2
    (decision,) = decisions(out)
    assert {one["escalation_id"] for one in decision["escalations"]} == {
        body["escalation_id"] for body in opened
    }
    assert talk.lane.conversations == 1


@pytest.mark.parametrize(("text", "is_urgent"), [("hello", False), ("<anger=85>", True)])
def test_an_escalation_makes_its_transaction_urgent(text: str, is_urgent: bool) -> None:
    talk = Talk()
    talk.says(text)
    talk.opens()
    assert talk.lane.urgent is is_urgent


@pytest.mark.parametrize("end", [Lane.committed, Lane.rolled_back])
def test_urgency_ends_with_the_transaction(end: Callable[[Lane], None]) -> None:
    talk = Talk()
    talk.says("<anger=85>")
    talk.opens()
    end(talk.lane)
    assert not talk.lane.urgent


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (b'{"conversation_id": "c-1", "message_id": 7', key_of("c-1")),
        (b'{"conversation_id": "c-1", "message_id": 7}', None),
        (b"", key_of("c-1")),
        (None, key_of("c-1")),
        (message("c-1", "<nan>"), None),
        (message("c-1", "<poison>"), None),
    ],
)
def test_an_unusable_record_of_a_known_conversation_is_a_dead_letter_and_a_degraded_decision(
    value: bytes | None, key: bytes | None
) -> None:
    talk = Talk()
    talk.says("hello")
    talk.commits()
    talk.feeds(record(1, value, key))
    out, offsets = talk.opens()
    (letter,), (decision,) = dead_letters(out), decisions(out)
    assert (decision["degraded"], decision["conversation_id"]) == (True, "c-1")
    assert decision["conversation"]["turns"] == 1, "it is no turn that anybody could read"
    assert letter["x-chat-router-decision-id"] == decision["decision_id"]
    assert letter["__connect.errors.offset"] == "1"
    assert next(one.value for one in out if one.topic == TOPICS.dead_letters) == value
    assert offsets == {AT_MESSAGES: 2}


@pytest.mark.parametrize("value", [b"{", b'{"message_id": "m"}', b"", None])
def test_an_unusable_record_of_no_conversation_is_a_dead_letter_only(value: bytes | None) -> None:
    talk = Talk()
    talk.feeds(record(0, value))
    out, offsets = talk.opens()
    assert [one.topic for one in out] == [TOPICS.dead_letters]
    assert "x-chat-router-decision-id" not in dead_letters(out)[0]
    assert offsets == {AT_MESSAGES: 1}


def test_unusable_feedback_is_a_dead_letter_only() -> None:
    talk = Talk()
    talk.feeds(record(0, feedback("c-1"), key_of("c-1"), TOPICS.feedback))
    out, offsets = talk.opens()
    assert [one.topic for one in out] == [TOPICS.dead_letters]
    assert offsets == {AT_FEEDBACK: 1}


def test_a_gap_before_the_assignment_goes_out_with_the_offset_behind_it() -> None:
    gap = InputGap(TOPICS.messages, 0, 3, 7, "retention")
    talk = Talk(new_lane(next_offsets={TOPICS.messages: 7}, gaps=[gap]), offset=7)
    out, offsets = talk.opens()
    assert offsets == {AT_MESSAGES: 7}
    (lost,) = bodies(out, TOPICS.incidents)
    assert (lost["from_offset"], lost["to_offset"], lost["cause"]) == (3, 7, "retention")
    assert talk.lane.work.lost == 4
    talk.lane.rolled_back()
    again, offsets = talk.opens()
    assert (bodies(again, TOPICS.incidents), offsets) == ([lost], {AT_MESSAGES: 7})
    events = [one for one in (*out, *again) if one.topic == TOPICS.incidents]
    ids = [dict(one.headers or ())["ce_id"] for one in events]
    assert len(set(ids)) == 1


def test_a_gap_met_while_reading_waits_for_what_is_in_flight_before_it() -> None:
    talk = Talk()
    slow = record(0, message("c-1", "hello"))
    assert talk.lane.expect(slow)
    talk.lane.lose(InputGap(TOPICS.messages, 0, 1, 5, "retention"))
    behind = record(5, message("c-1", "after the gap"))
    assert talk.lane.expect(behind)
    talk.lane.settle(behind, outcome_of(behind))
    assert talk.opens() == ([], {})
    talk.lane.settle(slow, outcome_of(slow))
    out, offsets = talk.opens()
    assert [one.topic for one in out if one.topic != TOPICS.state] == [
        TOPICS.routing,
        TOPICS.incidents,
        TOPICS.routing,
    ]
    assert offsets == {AT_MESSAGES: 6}


def test_progress_and_open_escalations_are_what_has_committed() -> None:
    talk = Talk()
    talk.says("我要投诉，转人工")
    talk.opens()
    assert talk.lane.positions == {TOPICS.messages: 0, TOPICS.feedback: 0}
    assert list(talk.lane.open_escalations) == []
    talk.lane.committed()
    assert talk.lane.positions == {TOPICS.messages: 1, TOPICS.feedback: 0}
    assert "human_request" in {one.kind for one in talk.lane.open_escalations}
