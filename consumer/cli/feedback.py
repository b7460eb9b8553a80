"""`chat-router feedback report|export`: what people corrected, counted, and as training rows."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from consumer.app import STARTER_BUNDLE
from consumer.cli.failures import CommandFailed
from consumer.cli.options import Bootstrap, Config, settings_of, wide_console
from consumer.inference.manifest import read_manifest
from consumer.kafka.history import History
from consumer.settings.conversion import kafka_settings
from consumer.workbench.feedback_topics import (
    Asked,
    Decided,
    Rates,
    corrected,
    rates,
    read_feedback,
    with_texts,
)
from consumer.workbench.training_rows import (
    ReviewError,
    reviewed_rows,
    reviews_of,
    rows_of,
    write_reviews,
    write_rows,
)

REPORT_EXAMPLES = """
Examples:

  chat-router feedback report -c router.yaml
"""
EXPORT_EXAMPLES = """
Examples:

  chat-router feedback export --out ./feedback --uncertain 200

  chat-router feedback export --out ./feedback --reviewed ./feedback/review.jsonl

  chat-models train runs/next --data ./feedback
"""
_MOST_ROWS = 40


def report(bootstrap: Bootstrap = None, config: Config = None) -> None:
    """Count how often people changed decisions, by intent and rule, and judged escalations."""
    kafka = kafka_settings(settings_of(config, bootstrap).kafka)
    topics = kafka.topics
    with closing(History(kafka)) as history, _reading() as advance:
        heard = read_feedback(history, topics, advance)
        found = rates(history, topics, heard, advance)
    console = wide_console()
    for what, decided, overridden in (
        ("intent", found.intents, found.intent_overrides),
        ("rule", found.rules, found.rule_overrides),
    ):
        table = Table(what, "decisions", "overridden", "rate", box=None)
        for name, count in decided.most_common(_MOST_ROWS):
            changed = overridden[name]
            table.add_row(name, str(count), str(changed), f"{changed / count:.1%}")
        if decided:
            console.print(table)
    _judgements(console, found)
    if found.unknown:
        typer.echo(f"{found.unknown} overrides name decisions that the topic no longer holds")
    if not found.intents:
        typer.echo("no decisions yet")


def export(
    out: Annotated[Path, typer.Option(help="Folder to write to.", show_default=False)],
    uncertain: Annotated[
        int, typer.Option(min=0, help="Also write so many unsure decisions for people to label.")
    ] = 0,
    reviewed: Annotated[
        Path | None,
        typer.Option(help="A review file that people have filled in.", show_default=False),
    ] = None,
    bootstrap: Bootstrap = None,
    config: Config = None,
) -> None:
    """Write what people corrected as training rows, with everything personal masked.

    Reads the feedback and routing topics, and the messages where they still are. Of several
    corrections of one decision the last counts.
    """
    settings = settings_of(config, bootstrap)
    kafka = kafka_settings(settings.kafka)
    topics = kafka.topics
    labelled_by_people = _reviewed(reviewed, settings.bundle.path or STARTER_BUNDLE)
    with closing(History(kafka)) as history, _reading() as advance:
        heard = read_feedback(history, topics, advance)
        labelled, doubted = corrected(history, topics, heard, uncertain, advance)
        told = list(with_texts(history, topics, labelled, advance))
        unsure = _in_order(doubted, with_texts(history, topics, doubted, advance))
    counts = write_rows(out, chain(rows_of(told), labelled_by_people))
    typer.echo(f"{counts.train} rows to train and {counts.dev} to measure in {out}")
    if uncertain:
        lines = write_reviews(out, reviews_of(unsure))
        typer.echo(f"{lines} unsure decisions to label in {out / 'review.jsonl'}")
    lost = len(labelled) - len(told)
    if lost:
        typer.echo(f"{lost} corrected messages are no longer in {topics.messages}")
    silent = len(heard.overrides) - len(labelled)
    if silent:
        typer.echo(f"{silent} overrides name no label, or a decision that is no longer held")


def _reviewed(path: Path | None, bundle: Path) -> list[dict[str, str]]:
    if path is None:
        return []
    try:
        return list(reviewed_rows(path, frozenset(read_manifest(bundle).tasks.intent.labels)))
    except ReviewError as error:
        raise CommandFailed(str(error), "fill in labels as the model knows them") from None


def _in_order(decided: list[Decided], asked: Iterable[Asked]) -> list[Asked]:
    """The least sure first, as they were chosen."""
    found = {one.decided.decision.decision_id: one for one in asked}
    ids = [one.decision.decision_id for one in decided]
    return [found[identity] for identity in ids if identity in found]


@contextmanager
def _reading() -> Iterator[Callable[[int], None]]:
    """A spinner that counts records, where somebody looks."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("reading {task.completed} records"))
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task("", total=None)
        yield lambda count: progress.advance(task, count)


def _judgements(console: Console, found: Rates) -> None:
    if not found.judged:
        return
    table = Table("escalation", "right", "wrong", "right of judged", box=None)
    for kind in sorted({kind for kind, _ in found.judged}):
        right, wrong = found.judged[kind, "right"], found.judged[kind, "wrong"]
        share = right / (right + wrong) if right + wrong else 0.0
        table.add_row(kind, str(right), str(wrong), f"{share:.1%}")
    console.print(table)
