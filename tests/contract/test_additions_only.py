"""Inside a major version the contract only grows."""

import pytest

from consumer.contract.catalogue import EVENT_TYPES, FEEDBACK, MESSAGES, EventType
from tests.contract.surface import REQUIRED, current, recorded

every_event_type = pytest.mark.parametrize(
    "event_type", EVENT_TYPES, ids=lambda event_type: event_type.name
)


def test_no_published_event_type_is_gone() -> None:
    assert recorded().keys() == current().keys(), "run: python -m tests.contract.surface"


@every_event_type
def test_no_published_field_is_gone_or_of_another_type(event_type: EventType) -> None:
    now, then = current()[event_type.name], recorded()[event_type.name]
    for field, kind in then.items():
        if field != REQUIRED:
            assert now.get(field) == kind, field


@every_event_type
def test_every_field_is_recorded(event_type: EventType) -> None:
    unrecorded = current()[event_type.name].keys() - recorded()[event_type.name].keys()
    assert not unrecorded, "run: python -m tests.contract.surface"


@every_event_type
def test_input_never_needs_more_and_output_never_has_less(event_type: EventType) -> None:
    now = set(current()[event_type.name][REQUIRED])
    then = set(recorded()[event_type.name][REQUIRED])
    if event_type.topic in (MESSAGES, FEEDBACK):
        assert now <= then
    else:
        assert now >= then
