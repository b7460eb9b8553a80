"""`chat-router route`: decisions without Kafka, by the same code from decode to decision."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from consumer.app import offline_router
from consumer.clock import SystemClock
from consumer.contract.clock import format_ms
from consumer.contract.cloudevents import structured
from consumer.contract.topics import Topics
from consumer.ports import OutRecord
from consumer.records import Record
from consumer.settings.reading import load_settings

_CONVERSATION = "cli"
_PARTITION = 0
_TOPICS = Topics()

EXAMPLES = """
Examples:

  chat-router route '我的订单JD20260101888都一周了还没到，太气人了！'

  chat-router route --events < conversation.jsonl

  tail -f chat.log | chat-router route | jq .target
"""


def route(
    text: Annotated[
        list[str] | None, typer.Argument(help="Messages of one conversation; none: read lines.")
    ] = None,
    *,
    events: Annotated[
        bool, typer.Option("--events", help="Print every event, as structured CloudEvents.")
    ] = False,
    config: Annotated[Path | None, typer.Option("-c", "--config", help="Settings file.")] = None,
) -> None:
    """Decide without Kafka: one JSON line a message, on standard output.

    A line that begins with `{` is a `message.received` object, any other is the text of a message.
    State, rules and escalations apply in line order. What cannot be read is told on standard error.
    """
    settings = load_settings(config)
    router = offline_router(settings, _TOPICS, SystemClock())
    unusable = 0
    for record in _records(text or _lines()):
        published = router.route(record)
        unusable += _complain(published, record.offset)
        for line in _told(published, events=events):
            sys.stdout.buffer.write(line + b"\n")
        sys.stdout.flush()
    if unusable:
        raise typer.Exit(1)


def _lines() -> Iterator[str]:
    for line in sys.stdin.buffer:
        stripped = line.strip()
        if stripped:
            yield stripped.decode("utf-8", "surrogateescape")


def _records(lines: Iterable[str]) -> Iterator[Record]:
    clock = SystemClock()
    for number, line in enumerate(lines):
        now_ms = clock.now_ms()
        value = (
            line.encode("utf-8", "surrogateescape")
            if line.startswith("{")
            else _message(number, line, now_ms)
        )
        yield Record(_TOPICS.messages, _PARTITION, number, 1, now_ms, None, value)


def _message(number: int, text: str, now_ms: int) -> bytes:
    body: dict[str, Any] = {
        "message_id": f"cli-{number}",
        "conversation_id": _CONVERSATION,
        "text": text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        "sent_at": format_ms(now_ms),
    }
    return msgspec.json.encode(body)


def _told(published: Iterable[OutRecord], *, events: bool) -> Iterator[bytes]:
    for record in published:
        if record.value is None or record.headers is None:
            continue
        if events and record.topic in {_TOPICS.routing, _TOPICS.escalations}:
            yield structured(record.headers, record.value)
        elif not events and record.topic == _TOPICS.routing:
            yield record.value


def _complain(published: Iterable[OutRecord], number: int) -> int:
    """Names the dead letters of one line; never its text."""
    count = 0
    for record in published:
        if record.topic == _TOPICS.dead_letters:
            reason = dict(record.headers or ()).get("x-chat-router-reason") or b"unknown"
            typer.echo(f"line {number + 1}: unusable ({reason.decode()})", err=True)
            count += 1
    return count
