"""The floor: every conversation is counted once, where its mood is now, and only for a while."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from consumer.contract.decision import RoutingDecided
from consumer.telemetry import floor as floors
from consumer.telemetry.catalogue import MAX_INTENTS
from consumer.telemetry.floor import ACTIVE_MS, Floor
from tests.routing.builders import INTENTS, START_MS, router, understood

PLAIN = router().decide(understood(7), None, START_MS).decision


def said(mood: float, partition: int = 3, intent: str = "delivery") -> RoutingDecided:
    assert PLAIN is not None
    return replace(
        PLAIN,
        conversation=replace(PLAIN.conversation, mood=mood),
        source=replace(PLAIN.source, partition=partition),
        intent=replace(PLAIN.intent, name=intent),
    )


def new_floor() -> Floor:
    floor = Floor(("web",))
    floor.know(("zh", "en"), INTENTS)
    return floor


def rows(floor: Floor, name: str) -> Iterator[tuple[tuple[str, ...], float]]:
    for family in floor.collect():
        if family.name == f"chat_router_{name}":
            for sample in family.samples:
                if sample.value:
                    yield tuple(sample.labels.values()), sample.value


def active(floor: Floor) -> dict[tuple[str, ...], float]:
    return dict(rows(floor, "active_conversations"))


@pytest.mark.parametrize(
    ("mood", "level"),
    [
        (-1.0, "negative"),
        (-0.31, "negative"),
        (-0.3, "neutral"),
        (0.3, "neutral"),
        (0.31, "positive"),
    ],
)
def test_a_conversation_stands_where_its_mood_is(mood: float, level: str) -> None:
    floor = new_floor()
    floor.decided("a", said(mood), "web", 0)
    assert active(floor) == {(level, "en", "web"): 1}


def test_a_conversation_that_calms_down_moves() -> None:
    floor = new_floor()
    floor.decided("a", said(-0.9), "web", 0)
    floor.decided("a", said(0.0), "web", 1)
    assert active(floor) == {("neutral", "en", "web"): 1}


def test_an_unknown_channel_language_or_intent_counts_as_other() -> None:
    floor = Floor(("web",))
    floor.know(("zh",), ("order",))
    floor.decided("a", said(0.0), "carrier-pigeon", 0)
    assert active(floor) == {("neutral", "other", "other"): 1}
    assert dict(rows(floor, "intents")) == {("other", "other", "other"): 1}


def test_a_conversation_that_falls_silent_is_not_active_any_more() -> None:
    floor = new_floor()
    floor.decided("a", said(0.0), "web", 0)
    floor.decided("b", said(0.0), "web", 1)
    floor.age(ACTIVE_MS)
    assert active(floor) == {("neutral", "en", "web"): 1}
    floor.age(ACTIVE_MS + 1)
    assert active(floor) == {}


def test_no_more_than_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floors, "MAX_ACTIVE", 2)
    floor = new_floor()
    for key, mood in (("a", -0.9), ("b", 0.0), ("c", 0.0)):
        floor.decided(key, said(mood), "web", 0)
    floor.age(1)
    assert active(floor) == {("neutral", "en", "web"): 2}


def test_a_partition_that_is_given_up_takes_its_conversations_along() -> None:
    floor = new_floor()
    floor.decided("a", said(0.0, partition=1), "web", 0)
    floor.decided("b", said(0.9, partition=2), "web", 0)
    floor.give_up(1)
    assert active(floor) == {("positive", "en", "web"): 1}


def test_a_new_bundle_adds_its_intents_up_to_a_bound_and_keeps_what_was_counted() -> None:
    floor = new_floor()
    floor.decided("a", said(0.0), "web", 0)
    floor.know(("fr",), [f"intent-{number}" for number in range(50)])
    floor.decided("b", said(0.0, intent="intent-0"), "web", 0)
    floor.decided("c", said(0.0, intent="intent-49"), "web", 0)
    assert dict(rows(floor, "intents")) == {
        ("delivery", "en", "web"): 1,
        ("intent-0", "en", "web"): 1,
        ("other", "en", "web"): 1,
    }
    (intents,) = [one for one in floor.collect() if one.name == "chat_router_intents"]
    assert len({sample.labels["intent"] for sample in intents.samples}) == MAX_INTENTS + 1


KEYS = st.sampled_from(["a", "b", "c"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), KEYS, st.floats(-1, 1)),
        st.tuples(st.just("forget"), KEYS, st.just(0.0)),
        st.tuples(st.just("wait"), st.just(""), st.floats(0, 2 * ACTIVE_MS)),
    )
)


@given(STEPS)
def test_what_is_counted_is_what_was_heard_lately(steps: list[tuple[str, str, float]]) -> None:
    floor, now_ms = new_floor(), 0
    heard: dict[str, int] = {}
    for what, key, value in steps:
        if what == "say":
            floor.decided(key, said(value), "web", now_ms)
            heard[key] = now_ms
        elif what == "forget":
            floor.forget(key)
            heard.pop(key, None)
        else:
            now_ms += int(value)
            floor.age(now_ms)
        fresh = [at for at in heard.values() if at + ACTIVE_MS > now_ms]
        assert sum(active(floor).values()) == len(fresh)
