"""docs/contract.md has a real example of every event, and is what its command makes of it."""

import re
from pathlib import Path
from typing import get_args

import pytest

from consumer.contract.catalogue import EVENT_TYPES, EventType
from consumer.contract.identity import NAMESPACE
from consumer.contract.known_values import RESOLUTIONS
from consumer.records import RejectReason
from tests.docs.contract_page import generated, with_generated

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "contract.md").read_text(encoding="utf-8")


def test_the_page_is_the_generated_one() -> None:
    assert with_generated(PAGE) == PAGE, "run: make schemas"


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=lambda one: one.name)
def test_every_event_has_an_example_and_a_link_to_its_schema(event_type: EventType) -> None:
    assert f"<!-- generated: {event_type.name} -->" in PAGE
    assert f"schemas/{event_type.schema_file})" in PAGE


def test_nothing_that_is_generated_is_left_out() -> None:
    assert set(re.findall(r"<!-- generated: (\S+) -->", PAGE)) == set(generated())


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https:)([^)#]+)", PAGE)
    assert [link for link in links if not (DOCS / link).exists()] == []


def test_every_reason_and_resolution_is_named() -> None:
    named = (*get_args(RejectReason), *RESOLUTIONS, str(NAMESPACE))
    assert [one for one in named if f"`{one}`" not in PAGE] == []


def test_no_example_shows_what_is_personal_in_what_the_router_writes() -> None:
    written = PAGE.partition("## What you get: decisions")[2]
    assert "13812345678" not in written
