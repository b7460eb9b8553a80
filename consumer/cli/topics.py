"""`chat-router topics create|check`: the topics of the contract."""

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from consumer.cli.options import Bootstrap, Config, settings_of
from consumer.exit_codes import ExitCode
from consumer.kafka.topic_rules import Sizes, TopicReport, plan_topics
from consumer.kafka.topics import TopicAdmin
from consumer.settings.conversion import kafka_settings

CREATE_EXAMPLES = """
Examples:

  chat-router topics create

  chat-router topics create --partitions 24 --replication 3 -c router.yaml
"""
CHECK_EXAMPLES = """
Examples:

  chat-router topics check -c router.yaml

  chat-router topics check --bootstrap localhost:9092
"""


def create(
    partitions: Annotated[
        int, typer.Option(min=1, help="Of messages, feedback and state, which are numbered alike.")
    ] = 6,
    output_partitions: Annotated[int, typer.Option(min=1, help="Of every other topic.")] = 6,
    replication: Annotated[
        int | None,
        typer.Option(min=1, help="Copies of each; the broker's default else.", show_default=False),
    ] = None,
    bootstrap: Bootstrap = None,
    config: Config = None,
) -> None:
    """Create every topic that is missing; judge those that exist and change none of them."""
    settings = kafka_settings(settings_of(config, bootstrap).kafka)
    sizes = Sizes(partitions, output_partitions, replication)
    plans = plan_topics(settings.topics, sizes, settings.max_message_bytes)
    _tell(TopicAdmin(settings).create(plans, replication))


def check(bootstrap: Bootstrap = None, config: Config = None) -> None:
    """Verify that the topics exist, with equal counts, the right policy and sizes."""
    settings = kafka_settings(settings_of(config, bootstrap).kafka)
    _tell(TopicAdmin(settings).check())


def _tell(reports: Iterable[TopicReport]) -> None:
    wrong = []
    table = Table(box=None, header_style="bold")
    for heading in ("", "topic", "partitions", "policy", "max bytes", ""):
        table.add_column(heading, justify="right" if heading in _NUMBERS else "left")
    for report in reports:
        table.add_row(*_row(report))
        wrong += [f"{report.name} {problem}" for problem in report.problems]
    Console(soft_wrap=True).print(table)
    for line in wrong:
        typer.echo(f"error: {line}", err=True)
    if wrong:
        raise typer.Exit(ExitCode.CHECK_FAILED)


_NUMBERS = ("partitions", "max bytes")


def _row(report: TopicReport) -> tuple[str, ...]:
    mark = "✗" if report.problems else "✓"
    found = report.found
    if found is None:
        return ("✗" if report.problems else "-", report.name, "", "", "", "not there")
    note = "created" if report.created else ""
    return (mark, report.name, str(found.partitions), found.policy, str(found.max_bytes), note)
