"""A lane's memory: rollback, restoring, timers, time to live and the cap."""

import msgspec

from consumer.pipeline.lane import LaneLimits
from consumer.pipeline.partition_state import StateLimits
from consumer.ports import InputGap, OutRecord
from tests.fakes.manual_clock import MS_PER_S
from tests.pipeline.lanes import (
    Talk,
    bodies,
    decisions,
    escalations,
    new_lane,
    states,
)
from tests.pipeline.records import HOUR_S, TOPICS, key_of, message, record

AT_MESSAGES = (TOPICS.messages, 0)
# The default rules: an anger escalation ends after two hours of silence.
EXPIRES_S = 2 * HOUR_S
LAST_REMINDER_S = 660
TTL_S = 10 * HOUR_S
SMALL_BYTES = 2_000
SHORT_LIVED = LaneLimits(StateLimits(idle_ttl_ms=round(TTL_S) * MS_PER_S))


def told(records: list[OutRecord]) -> list[dict[str, object]]:
    """All that other services see, without times of processing."""
    return [*decisions(records), *({"escalation": one} for one in escalations(records))]


def test_after_a_rollback_the_same_outcomes_come_to_the_same_decisions() -> None:
    talk = Talk()
    talk.says("<anger=55>")
    talk.commits()
    talk.says("<anger=60>", at_s=5)
    talk.feeds(record(2, b"{", key_of("c-1"), at_s=6))
    talk.hears("escalation.acknowledged", at_s=7, escalation_id="unknown")
    talk.says("hello", at_s=8, conversation="c-2")
    first, first_offsets = talk.opens()
    talk.now_ms += 1_000
    talk.lane.rolled_back()
    talk.says("one more", at_s=9)
    assert not talk.lane.ready
    second, second_offsets = talk.opens(limit=4)
    assert told(second) == told(first)
    assert (second_offsets, states(second)) == (first_offsets, states(first))
    talk.lane.committed()
    (last,) = decisions(talk.opens()[0])
    assert last["source"]["offset"] == 4
    assert last["conversation"]["turns"] == 3


def test_a_rollback_arms_the_timers_that_had_fired() -> None:
    talk = Talk()
    talk.says("<anger=85>")
    talk.commits()
    for _ in range(2):
        talk.waits(until_s=EXPIRES_S)
        out, _ = talk.opens()
        assert escalations(out)[-1] == ("c-1", "anger", "expired")
        talk.lane.rolled_back()
        assert talk.opens() == ([], {})


def test_a_rollback_forgets_the_timers_that_were_armed() -> None:
    talk = Talk()
    talk.says("<anger=85>")
    talk.opens()
    talk.lane.rolled_back()
    talk.waits(until_s=EXPIRES_S)
    assert talk.lane.take() == ([], {}), "what is to be applied again is unread"
    assert escalations(talk.opens()[0]) == [("c-1", "anger", "open")]


def test_a_timer_alone_is_published_with_the_current_offset() -> None:
    talk = Talk()
    talk.says("<anger=85>")
    talk.commits()
    talk.waits(until_s=60)
    out, offsets = talk.opens()
    assert escalations(out) == [("c-1", "anger", "open")]
    assert offsets == {AT_MESSAGES: 1}
    assert states(out) == {"default:c-1": True}
    assert talk.lane.urgent
    talk.lane.committed()
    talk.waits(until_s=61)
    assert talk.opens() == ([], {})


def test_a_timer_of_a_new_owner_is_published_with_the_offset_of_the_assignment() -> None:
    talk = Talk()
    talk.says("<anger=85>")
    talk.commits()
    after = Talk(new_lane(talk.changelog(), next_offsets={TOPICS.messages: 17}))
    after.waits(until_s=60)
    assert after.opens()[1] == {(TOPICS.messages, 0): 17}


def test_the_wall_clock_moves_nothing_while_a_record_is_in_flight() -> None:
    talk = Talk()
    talk.says("<anger=85>")
    talk.commits()
    assert talk.lane.expect(record(1, b""))
    talk.waits(until_s=EXPIRES_S)
    assert talk.opens() == ([], {})


def test_timers_fire_before_the_message_that_moves_the_clock_past_them() -> None:
    talk = Talk()
    talk.says("<anger=85>")
    talk.says("hello", at_s=EXPIRES_S + 1, conversation="c-2")
    talk.says("hello again", at_s=EXPIRES_S + 2)
    out = talk.commits()
    assert [kind for _, kind, state in escalations(out) if state == "expired"] == ["anger"]
    assert [bool(body["escalations"]) for body in decisions(out)] == [True, False, False]


def test_an_unusable_record_moves_the_clock_as_any_other() -> None:
    talk = Talk()
    talk.says("<anger=85>")
    talk.feeds(record(1, b"{", key_of("c-2"), at_s=EXPIRES_S + 1))
    assert escalations(talk.commits())[-1] == ("c-1", "anger", "expired")


def test_an_idle_conversation_is_forgotten_with_a_tombstone_after_its_escalation() -> None:
    talk = Talk(new_lane(limits=LaneLimits(StateLimits(idle_ttl_ms=round(HOUR_S) * MS_PER_S))))
    talk.says("<anger=85>", conversation="angry")
    talk.says("hello", conversation="calm")
    talk.says("hello", at_s=LAST_REMINDER_S, conversation="young")
    talk.commits()
    talk.says("hello", at_s=LAST_REMINDER_S + HOUR_S + 1, conversation="new")
    out = talk.commits()
    assert escalations(out) == [("angry", "anger", "expired")]
    assert states(out) == {
        "default:new": True,
        "default:calm": False,
        "default:angry": False,
        "default:young": False,
    }
    assert talk.lane.conversations == 1


def test_a_conversation_beyond_its_time_begins_anew_whether_its_tombstone_is_written_or_not() -> (
    None
):
    together, apart = (Talk(new_lane(limits=SHORT_LIVED)) for _ in range(2))
    for talk in (together, apart):
        for conversation, at_s in (("c-1", 0.0), ("c-2", TTL_S + 10), ("c-1", TTL_S - 10)):
            talk.says("hello", at_s, conversation, arrives_s=TTL_S + 10)
            if talk is apart:
                talk.commits()
        talk.commits()
    assert decisions(together.committed) == decisions(apart.committed)
    assert decisions(together.committed)[-1]["conversation"]["turns"] == 1


def test_an_unusable_record_does_not_revive_a_conversation_beyond_its_time() -> None:
    talk = Talk(new_lane(limits=SHORT_LIVED))
    talk.says("hello")
    talk.feeds(record(1, b"{", key_of("c-1"), at_s=TTL_S + 10))
    talk.says("hello", at_s=TTL_S + 20)
    assert decisions(talk.commits())[-1]["conversation"]["turns"] == 1


def test_the_cap_evicts_the_least_recently_written_and_ends_its_escalation_first() -> None:
    talk = Talk(new_lane(limits=LaneLimits(StateLimits(max_conversations=2))))
    for conversation in ("a", "b", "a", "c", "d"):
        talk.says("<anger=85>" if conversation == "b" else "hello", conversation=conversation)
        talk.commits()
    talk.commits()
    talk.says("hello", conversation="d")
    out = talk.commits()
    assert states(talk.committed) == {
        "default:a": False,
        "default:b": False,
        "default:c": True,
        "default:d": True,
    }
    assert talk.lane.conversations == 2
    assert decisions(out)[0]["conversation"]["turns"] == 2
    ends = [one for one in escalations(talk.committed) if one[2] == "expired"]
    assert ends == [("b", "anger", "expired")]


def test_a_restored_lane_goes_on_as_the_one_before_would_have() -> None:
    talk = Talk()
    for at_s, conversation in enumerate(["a", "b", "a", "c"]):
        talk.says("<anger=55>", float(at_s), conversation)
    talk.commits()
    restored = Talk(new_lane(talk.changelog(), next_offsets={TOPICS.messages: 4}), offset=4)
    for lane in (talk, restored):
        lane.says("<anger=60>", 10.0, "b")
        lane.says("<anger=60>", 700.0, "c")
    assert told(restored.opens()[0]) == told(talk.opens()[0])


def test_restoring_reads_the_changelog_in_its_order_with_its_tombstones() -> None:
    talk = Talk()
    for conversation in ("a", "b", "c"):
        talk.says("hello", conversation=conversation)
        talk.commits()
    log = talk.changelog()
    lane = new_lane([*log, (log[1][0], None), log[0]], LaneLimits(StateLimits(max_conversations=1)))
    assert lane.conversations == 2
    after = Talk(lane, offset=3)
    after.says("hello", conversation="d")
    assert states(after.commits()) == {"default:d": True, "default:c": False}


def test_a_conversation_of_thousands_of_messages_keeps_a_small_state() -> None:
    talk = Talk()
    for number in range(3_000):
        talk.says("<anger=85>" if number % 3 else "hello", at_s=number / 50)
        if number % 500 == 0:
            talk.commits()
    talk.commits()
    assert max(len(value or b"") for _, value in talk.changelog()) < SMALL_BYTES
    assert escalations(talk.committed) == [("c-1", "anger", "open")]


def test_the_same_words_twice_are_two_messages() -> None:
    talk = Talk()
    talk.says("hello")
    talk.says("hello")
    first, second = decisions(talk.commits())
    assert first["decision_id"] != second["decision_id"]


def test_a_time_that_kafka_cannot_vouch_for_moves_no_other_conversation() -> None:
    talk = Talk()
    talk.says("<anger=85>", conversation="angry")
    talk.commits()
    far = message("odd", "hello", at_s=73 * 365 * 24 * HOUR_S)
    talk.feeds(msgspec.structs.replace(record(talk.offset, far), timestamp_ms=0))
    talk.says("hello", conversation="third", at_s=1.0)
    assert escalations(talk.commits()) == []


def test_after_lost_input_a_conversation_that_was_there_is_decided_as_incomplete_once() -> None:
    talk = Talk()
    talk.says("hello", conversation="old")
    talk.commits()
    talk.lane.lose(InputGap(TOPICS.messages, 0, 1, 5, "retention"))
    talk.offset = 5
    for conversation in ("old", "new", "old"):
        talk.says("hello", at_s=1, conversation=conversation)
    out, _ = talk.opens()
    talk.lane.rolled_back()
    again = talk.commits()
    told = [body["degraded_reasons"] for body in bodies(again, TOPICS.routing)]
    assert told == [["state_lost"], [], []]
    assert [body["degraded_reasons"] for body in bodies(out, TOPICS.routing)] == told


def test_what_was_lost_is_remembered_by_the_next_owner() -> None:
    talk = Talk()
    talk.says("hello", conversation="old")
    talk.commits()
    talk.lane.lose(InputGap(TOPICS.messages, 0, 1, 5, "retention"))
    talk.commits()
    heir = Talk(new_lane(talk.changelog(), next_offsets={TOPICS.messages: 5}), offset=5)
    heir.says("hello", at_s=1, conversation="old")
    (body,) = bodies(heir.commits(), TOPICS.routing)
    assert body["degraded_reasons"] == ["state_lost"]
    assert body["reason"]["rule_id"] == "partly-read"
