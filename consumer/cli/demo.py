"""`chat-router demo`: the bundled conversations on a real Kafka, watched live."""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live

from consumer.app import model_opener
from consumer.clock import SystemClock
from consumer.contract.topics import Topics
from consumer.demo.board import board, line, summary
from consumer.demo.replay import Replay, read_replay
from consumer.demo.tally import Tally
from consumer.exit_codes import ExitCode
from consumer.kafka.feed import Feed
from consumer.kafka.in_process import InProcessKafka
from consumer.kafka.tail import Tail
from consumer.kafka.topic_rules import Sizes, plan_topics
from consumer.kafka.topics import TopicAdmin
from consumer.running import RunningRouter
from consumer.settings.conversion import kafka_settings
from consumer.settings.reading import load_settings
from consumer.settings.schema import Settings

EXAMPLES = """
Examples:

  chat-router demo

  chat-router demo --in-process       # no Java, no download; proves nothing of delivery

  chat-router demo --kafka localhost:9092 --forever
"""
_PREFIX = "demo."
_PARTITIONS = 2
_SETTLE_S = 20.0
_READ_S = 0.1
_READ_RECORDS = 200
_REDRAWS_A_SECOND = 8


def demo(
    *,
    forever: Annotated[bool, typer.Option("--forever", help="Replay until Ctrl-C.")] = False,
    kafka: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Use this running broker.")
    ] = None,
    in_process: Annotated[
        bool, typer.Option("--in-process", help="librdkafka's own cluster, at least once.")
    ] = False,
    pace: Annotated[float, typer.Option(help="How much faster than written.", min=0.1)] = 1.0,
) -> None:
    """Watch real models route a bilingual conversation, then a summary.

    Starts an embedded Apache Kafka, creates topics whose names begin with `demo.`, runs the service
    and replays the bundled conversations. Ends by itself after about forty seconds.
    """
    console = Console()
    with ExitStack() as stack:
        console.print("starting Kafka and the models ...", style="dim")
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="chat-router-demo-"))
        if in_process:
            cluster = stack.enter_context(InProcessKafka())
            settings = _settings(cluster.bootstrap, Path(folder), transactions=False)
            cluster.create(settings.kafka.topics.model_dump().values())
        else:
            bootstrap = kafka or stack.enter_context(_embedded(console))
            settings = _settings(bootstrap, Path(folder), transactions=True)
            _create_topics(settings)
        code = _play(settings, console, pace, forever=forever)
    raise typer.Exit(code)


@contextmanager
def _embedded(console: Console) -> Iterator[str]:
    # The extra [broker] is needed for this way only.
    from consumer.broker.cluster import BrokerSettings, EmbeddedKafka

    with EmbeddedKafka(BrokerSettings(), lambda text: console.print(text, style="dim")) as broker:
        yield broker.bootstrap


def _settings(bootstrap: str, folder: Path, *, transactions: bool) -> Settings:
    topics = {field.name: _PREFIX + str(field.default) for field in fields(Topics)}
    given: dict[str, Any] = {
        "deployment": "demo",
        "delivery": "exactly_once" if transactions else "at_least_once",
        "ledger": str(folder / "ledger"),
        "kafka": {"bootstrap": bootstrap, "group": "demo", "instance": "0", "topics": topics},
        "metrics": {"port": 0},
    }
    return load_settings(None, given)


def _create_topics(settings: Settings) -> None:
    kafka = kafka_settings(settings.kafka)
    sizes = Sizes(_PARTITIONS, _PARTITIONS)
    TopicAdmin(kafka).create(plan_topics(kafka.topics, sizes, kafka.max_message_bytes), None)


def _play(settings: Settings, console: Console, pace: float, *, forever: bool) -> int:
    topics = Topics(**settings.kafka.topics.model_dump())
    replay = Replay(read_replay(), topics.messages, SystemClock(), pace)
    tally = Tally(topics)
    feed = Feed(settings.kafka.bootstrap)
    outputs = (topics.routing, topics.escalations, topics.dead_letters)
    tail = Tail(settings.kafka.bootstrap, outputs)
    with RunningRouter(settings, model_opener(settings)) as router:
        router.lifecycle.start()
        sender = threading.Thread(
            target=replay.run, args=(feed.send,), kwargs={"forever": forever}, daemon=True
        )
        sender.start()
        try:
            _watch(router, replay, tally, tail, console)
        except KeyboardInterrupt:
            replay.stop.set()
        code = router.lifecycle.stop()
    feed.close()
    tail.close()
    summary(console, tally, replay.sent)
    return code or (ExitCode.OK if tally.decided else ExitCode.INTERNAL)


def _watch(
    router: RunningRouter, replay: Replay, tally: Tally, tail: Tail, console: Console
) -> None:
    """Draws until every message has its outcome, or nothing has come for a while."""
    quiet_since = time.monotonic()
    with Live(console=console, refresh_per_second=_REDRAWS_A_SECOND, transient=False) as live:
        while router.lifecycle.running:
            records = tail.read(_READ_RECORDS, _READ_S)
            for record in records:
                decision = tally.see(record)
                if decision is not None and not console.is_terminal:
                    console.print(line(decision, replay.texts), soft_wrap=True)
            if console.is_terminal:
                live.update(board(tally, replay.texts, router.lag()))
            if records or not replay.finished:
                quiet_since = time.monotonic()
            if _is_over(router, replay, quiet_since):
                return


def _is_over(router: RunningRouter, replay: Replay, quiet_since: float) -> bool:
    quiet_s = time.monotonic() - quiet_since
    return replay.finished and (quiet_s > _SETTLE_S or (quiet_s > 1.0 and router.lag() == 0))
