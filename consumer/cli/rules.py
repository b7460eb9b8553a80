"""`chat-router rules lint|test|backtest|diff`: look at rules before they decide for customers."""

import gc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from consumer.app import STARTER_BUNDLE, configured_ruleset, model_opener
from consumer.cli.failures import CommandFailed
from consumer.cli.options import Bootstrap, Config, settings_of, wide_console
from consumer.cli.rules_tables import deviation_row, findings_table, tell_comparison
from consumer.contract.clock import format_ms
from consumer.contract.message import MessageReceived
from consumer.demo.replay import read_replay
from consumer.exit_codes import ExitCode
from consumer.inference.manifest import read_manifest
from consumer.kafka.history import History
from consumer.routing.rules import Ruleset, load_ruleset
from consumer.routing.rules_labels import ModelLabels
from consumer.routing.rules_lint import lint
from consumer.settings.conversion import kafka_settings
from consumer.settings.schema import Settings
from consumer.workbench.backtest import Side, as_recorded, decide_all
from consumer.workbench.golden import deviations
from consumer.workbench.golden_file import read_golden
from consumer.workbench.traffic import Advance, Traffic, read_topics
from consumer.workbench.traffic_file import TrafficError, read_file, read_messages

LINT_EXAMPLES = """
Examples:

  chat-router rules lint rules.yaml

  chat-router rules lint rules/*.yaml --bundle ./bundle
"""
TEST_EXAMPLES = """
Examples:

  chat-router rules test rules.yaml golden.yaml
"""
BACKTEST_EXAMPLES = """
Examples:

  chat-router rules backtest --rules new.yaml --from decisions.jsonl

  chat-router rules backtest --rules new.yaml --topic -c router.yaml
"""
DIFF_EXAMPLES = """
Examples:

  chat-router rules diff old.yaml new.yaml

  chat-router rules diff old.yaml new.yaml --from messages.jsonl
"""
_DEMO_STARTS_MS = 1_767_607_200_000  # 2026-01-05T10:00:00Z
_TAG_PREFIX = "B-"

RulesFile = Annotated[Path, typer.Argument(help="A rules file.", show_default=False)]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="JSON lines: message.received, routing.decided, or both.",
        show_default=False,
    ),
]
FromTopics = Annotated[
    bool, typer.Option("--topic", help="What the input and routing topics still hold.")
]


def lint_rules(
    files: Annotated[list[Path], typer.Argument(help="Rules files.", show_default=False)],
    bundle: Annotated[
        Path | None, typer.Option(help="Bundle whose labels the rules must name.")
    ] = None,
) -> None:
    """Find every mistake of rules files: what would be refused, and what would never decide."""
    gc.disable()  # a short process with many small objects that all stay
    labels = _labels(bundle or STARTER_BUNDLE)
    found = [error for file in files for error in lint(file.read_bytes(), file.name, labels)]
    if found:
        wide_console().print(findings_table(found))
        typer.echo(f"{len(found)} finding{'s' if len(found) > 1 else ''}")
        raise typer.Exit(ExitCode.CHECK_FAILED)
    typer.echo(f"no findings in {', '.join(file.name for file in files)}")


def play_golden(
    rules: RulesFile,
    golden: Annotated[Path, typer.Argument(help="Golden conversations.", show_default=False)],
    config: Config = None,
) -> None:
    """Play golden conversations and compare decisions and escalations with what they expect."""
    settings = settings_of(config)
    expected = read_golden(golden)
    table = Table("conversation", "turn", "line", "field", "expected", "found", box=None)
    failed = 0
    for conversation, found in deviations(expected, load_ruleset(rules), model_opener(settings)):
        typer.echo(f"{'✗' if found else '✓'} {conversation.name}")
        failed += bool(found)
        for deviation in found:
            table.add_row(*deviation_row(deviation))
    count = len(expected.conversations)
    if failed:
        wide_console().print(table)
        typer.echo(f"{failed} of {count} conversations came out otherwise")
        raise typer.Exit(ExitCode.CHECK_FAILED)
    typer.echo(f"{count} conversations came out as expected")


def backtest(
    rules: Annotated[Path, typer.Option("--rules", help="The rules to try.", show_default=False)],
    source: From = None,
    *,
    topic: FromTopics = False,
    bootstrap: Bootstrap = None,
    config: Config = None,
) -> None:
    """Decide recorded traffic again by other rules: what would move, which alerts come and go.

    Recorded decisions are the baseline; of messages without a decision it is the configured rules.
    Without --from and --topic: the conversations of the demo.
    """
    settings = settings_of(config, bootstrap)
    ruleset = load_ruleset(rules)
    traffic = _traffic(settings, source, topic=topic)
    before = as_recorded(traffic)
    if before is None:
        before = _decided(traffic, configured_ruleset(settings), "as configured")
    after = _decided(traffic, ruleset, rules.name)
    tell_comparison(traffic, before, after)


def diff(
    old: RulesFile,
    new: RulesFile,
    source: From = None,
    *,
    topic: FromTopics = False,
    bootstrap: Bootstrap = None,
    config: Config = None,
) -> None:
    """Decide traffic by two rules files: what moves from one to the other.

    Without --from and --topic: the conversations of the demo.
    """
    settings = settings_of(config, bootstrap)
    before_rules, after_rules = load_ruleset(old), load_ruleset(new)
    traffic = _traffic(settings, source, topic=topic)
    before = _decided(traffic, before_rules, old.name)
    after = _decided(traffic, after_rules, new.name)
    tell_comparison(traffic, before, after)


def _labels(bundle: Path) -> ModelLabels:
    tasks = read_manifest(bundle).tasks
    types = [tag.removeprefix(_TAG_PREFIX) for tag in tasks.tags.labels if _TAG_PREFIX in tag]
    return ModelLabels(frozenset(tasks.intent.labels), frozenset(types))


def _traffic(settings: Settings, source: Path | None, *, topic: bool) -> Traffic:
    if source is not None and topic:
        raise CommandFailed("both --from and --topic", "give one of them")
    opener = model_opener(settings)
    if topic:
        kafka = kafka_settings(settings.kafka)
        topics = kafka.topics
        with closing(History(kafka)) as history:
            names = (topics.routing, topics.messages, topics.feedback)
            with _progress("reading", sum(map(history.size, names))) as advance:
                return read_topics(history, topics, advance)
    try:
        with _progress("reading", None) as advance:
            if source is None:
                return read_messages(_demo_messages(), opener, advance)
            return read_file(source, opener, advance)
    except TrafficError as error:
        raise CommandFailed(str(error), "one JSON object a line") from None


def _demo_messages() -> list[MessageReceived]:
    at_ms, found = _DEMO_STARTS_MS, []
    for number, line in enumerate(read_replay()):
        at_ms += line.after_ms
        given = {"message_id": f"demo-{number}", "sent_at": format_ms(at_ms)}
        found.append(msgspec.convert(given | line.message, MessageReceived))
    return found


def _decided(traffic: Traffic, ruleset: Ruleset, name: str) -> Side:
    with _progress(name, len(traffic.records)) as advance:
        return decide_all(traffic, ruleset, advance)


@contextmanager
def _progress(what: str, total: int | None) -> Iterator[Advance]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(what, total=total)
        yield partial(progress.advance, task)
