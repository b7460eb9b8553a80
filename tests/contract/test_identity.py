"""Identities are UUIDv5 of fixed names: a replay, in any build, yields the same ones."""

import uuid

import pytest

from consumer.contract.identity import NAMESPACE, EventIds, event_id, uuid5


@pytest.mark.parametrize("name", ["", "a", "routing.decided|/chat-router/x|t|0|1", "订单" * 40])
def test_an_id_is_the_uuid_of_the_standard_library(name: str) -> None:
    assert uuid5(name) == str(uuid.uuid5(NAMESPACE, name))


@pytest.mark.parametrize("offset", [0, 7, 123_456, 2**62])
def test_ids_of_one_type_and_source_are_those_of_the_whole_name(offset: int) -> None:
    ids = EventIds("routing.decided", "/chat-router/test")
    for partition in (0, 31):
        expected = event_id("routing.decided", "/chat-router/test", "messages", partition, offset)
        assert ids.of("messages", partition, offset) == expected
