"""`chat-router load`: synthetic traffic to the input topic."""

import time
from collections.abc import Iterator
from itertools import islice
from typing import Annotated

import typer
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from consumer.cli.failures import CommandFailed
from consumer.cli.options import Bootstrap, Config, settings_of
from consumer.clock import SystemClock
from consumer.exit_codes import ExitCode
from consumer.kafka.feed import Feed
from consumer.kafka.topics import TopicAdmin
from consumer.load.traffic import LoadMessage, Traffic, TrafficPlan
from consumer.ports import OutRecord
from consumer.settings.conversion import kafka_settings

EXAMPLES = """
Examples:

  chat-router load --messages 1000 --rate 50

  chat-router load --messages 100000 --rate 0 --zh-share 0.8 --bad-share 0.01 --seed 7
"""
# A pause is never shorter: sleeping costs more than it would save.
_SHORTEST_PAUSE_S = 0.002
_ADVANCE_EVERY = 100


class _Sent(Struct):
    messages: int = 0
    chinese: int = 0
    bad: int = 0


def load(
    messages: Annotated[int, typer.Option(min=1, help="How many to send.")] = 1_000,
    rate: Annotated[float, typer.Option(min=0.0, help="Messages a second; 0: no limit.")] = 100.0,
    seed: Annotated[int, typer.Option(help="The same seed sends the same messages.")] = 1,
    zh_share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of Chinese conversations.")
    ] = 0.5,
    bad_share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of records that nobody can use.")
    ] = 0.0,
    conversations: Annotated[int, typer.Option(min=1, help="How many are open at a time.")] = 200,
    bootstrap: Bootstrap = None,
    config: Config = None,
) -> None:
    """Send synthetic Chinese and English chat messages to the input topic."""
    kafka = kafka_settings(settings_of(config, bootstrap).kafka)
    topic = kafka.topics.messages
    _require(TopicAdmin(kafka), topic)
    traffic = Traffic(TrafficPlan(seed, zh_share, bad_share, conversations))
    feed = Feed(kafka.bootstrap, kafka.extra)
    sent = _Sent()
    began = time.monotonic()
    with _progress() as progress:
        task = progress.add_task("sending", total=messages)
        for message in _paced(traffic, messages, rate):
            record = OutRecord(topic, message.key, message.value, list(message.headers) or None)
            feed.send(record)
            _count(sent, message)
            if sent.messages % _ADVANCE_EVERY == 0:
                progress.update(task, completed=sent.messages)
        missing = feed.flush()
        progress.update(task, completed=sent.messages)
    _summarise(sent, topic, time.monotonic() - began)
    if missing or feed.refused:
        cause = f"{missing + feed.refused} messages were not accepted"
        raise CommandFailed(cause, "check the brokers: `chat-router check`", ExitCode.BROKER)


def _require(admin: TopicAdmin, topic: str) -> None:
    if any(report.name == topic and report.found for report in admin.check()):
        return
    cause = f"topic {topic} does not exist"
    raise CommandFailed(cause, "create it: `chat-router topics create`", ExitCode.BROKER)


def _paced(traffic: Traffic, count: int, rate: float) -> Iterator[LoadMessage]:
    """Messages when they are due; a sender that fell behind catches up."""
    clock = SystemClock()
    began = clock.monotonic()
    for number, draft in enumerate(islice(traffic.messages(), count)):
        ahead_s = number / rate - (clock.monotonic() - began) if rate > 0 else 0.0
        if ahead_s > _SHORTEST_PAUSE_S:
            time.sleep(ahead_s)
        yield draft.at(clock.now_ms())


def _count(sent: _Sent, message: LoadMessage) -> None:
    sent.messages += 1
    sent.chinese += message.language == "zh"
    sent.bad += message.bad


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    return Progress(
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _summarise(sent: _Sent, topic: str, seconds: float) -> None:
    typer.echo(
        f"sent {sent.messages} messages to {topic} in {seconds:.1f} s"
        f" ({sent.messages / seconds:.0f}/s): {sent.chinese} Chinese,"
        f" {sent.messages - sent.chinese} English, {sent.bad} of them unusable"
    )
