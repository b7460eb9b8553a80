"""Committed states and the overlay of the open transaction."""

from consumer.pipeline.conversations import Conversations
from consumer.routing.conversation import Conversation, OpenRecord
from tests.routing.builders import START_MS, router, understood


def state(seq: int) -> Conversation:
    return Conversation(seq=seq)


def held(*keys: str) -> Conversations:
    states = Conversations()
    for number, key in enumerate(keys):
        states.restore(key, state(number))
    return states


def test_the_next_message_sees_what_the_open_transaction_has_written() -> None:
    states = held("a", "b")
    states.put("a", state(9))
    states.put("b", None)
    assert states.get("a") == state(9)
    assert states.get("b") is None
    assert states.changes() == {"a": state(9), "b": None}


def test_a_dropped_overlay_leaves_the_committed_states() -> None:
    states = held("a", "b")
    states.put("a", state(9))
    states.put("b", None)
    states.put("new", state(1))
    states.drop()
    assert [states.get(key) for key in ("a", "b", "new")] == [state(0), state(1), None]
    assert not states.changes()
    assert len(states) == 2


def test_a_merged_overlay_is_committed_with_its_tombstones() -> None:
    states = held("a", "b")
    states.put("a", state(9))
    states.put("b", None)
    states.merge()
    assert list(states.oldest_first()) == [("a", state(9))]
    assert not states.changes()
    states.drop()
    assert states.get("a") == state(9)


def test_a_written_conversation_is_the_youngest() -> None:
    states = held("a", "b", "c")
    states.put("a", state(7))
    states.merge()
    assert [key for key, _ in states.oldest_first()] == ["b", "c", "a"]


def test_restoring_keeps_the_order_of_the_last_writes_and_takes_tombstones() -> None:
    states = held("a", "b", "c", "a")
    states.restore("c", None)
    states.restore("never-seen", None)
    assert list(states.oldest_first()) == [("b", state(1)), ("a", state(3))]


def test_the_oldest_untouched_pass_over_what_the_open_transaction_has_written() -> None:
    states = held("a", "b", "c", "d")
    states.put("a", state(9))
    states.put("c", None)
    seen = []
    for key, _ in states.oldest_untouched():
        seen.append(key)
        states.put(key, None)
    assert seen == ["b", "d"]


def open_record() -> OpenRecord:
    (record, *_) = router().decide(understood(0, anger=0.95), None, START_MS).state.open
    return record


def test_open_escalations_are_those_of_committed_states() -> None:
    states, one = held("a"), open_record()
    states.put("a", Conversation(open=(one,)))
    assert list(states.open_escalations) == []
    states.merge()
    assert list(states.open_escalations) == [one]
    states.put("a", state(2))
    states.merge()
    assert list(states.open_escalations) == []


def test_open_escalations_are_restored_and_end_with_a_tombstone() -> None:
    states, one = Conversations(), open_record()
    states.restore("a", Conversation(open=(one,)))
    assert list(states.open_escalations) == [one]
    states.restore("a", None)
    assert list(states.open_escalations) == []
