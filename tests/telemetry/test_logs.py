"""Logs: one line an event, whatever is in it, and no text of an exception."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from consumer.telemetry.logs import start_logging

LOG = logging.getLogger("consumer.test")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logger = start_logging("json", "info", stream)
    yield stream
    logger.handlers.clear()
    logger.propagate = True


def test_an_event_is_one_json_object_with_its_fields(lines: io.StringIO) -> None:
    LOG.info("partition assigned", extra={"topic": "chat", "partition": 3})
    event = json.loads(lines.getvalue())
    assert event["event"] == "partition assigned"
    assert (event["level"], event["topic"], event["partition"]) == ("info", "chat", 3)
    assert event["at"].endswith("Z")


def test_a_field_cannot_forge_a_line(lines: io.StringIO) -> None:
    LOG.info("odd", extra={"value": 'x\r\n{"event": "forged"}'})
    assert len(lines.getvalue().splitlines()) == 1


def test_an_exception_is_its_type_and_place_and_never_its_text(lines: io.StringIO) -> None:
    try:
        raise ValueError("my card is 4111 1111 1111 1111")
    except ValueError:
        LOG.exception("failed")
    assert "4111" not in lines.getvalue()
    event = json.loads(lines.getvalue())
    assert event["error"] == "ValueError"
    assert "test_logs.py" in event["stack"][0]


def test_less_important_events_are_left_out(lines: io.StringIO) -> None:
    LOG.debug("detail")
    assert lines.getvalue() == ""


def test_people_get_short_lines() -> None:
    stream = io.StringIO()
    logger = start_logging("console", "info", stream)
    LOG.warning("slow\n", extra={"seconds": 2.5, "note": "a\nb"})
    logger.handlers.clear()
    logger.propagate = True
    (line,) = stream.getvalue().splitlines()
    assert "warning slow" in line
    assert 'seconds=2.5 note="a\\nb"' in line
