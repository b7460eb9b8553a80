"""`chat-router dlq list|replay`: dead letters, without a word of what they say."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from consumer.cli.failures import CommandFailed
from consumer.cli.options import Bootstrap, Config, settings_of, wide_console
from consumer.contract.clock import format_ms, parse_ms
from consumer.kafka.dead_letter_replay import DeadLetterReplay, ReplaySummary
from consumer.kafka.dead_letters import DeadLetters, Letter, LetterFilter
from consumer.records import RejectReason
from consumer.settings.conversion import kafka_settings

LIST_EXAMPLES = """
Examples:

  chat-router dlq list

  chat-router dlq list --reason parse --reason schema --since 2026-01-31 --limit 20
"""
REPLAY_EXAMPLES = """
Examples:

  chat-router dlq replay --dry-run

  chat-router dlq replay --reason crash --rate 10

  chat-router dlq replay --since 2026-01-31T08:00:00Z -c router.yaml
"""
_REASONS: tuple[str, ...] = get_args(RejectReason)
_COLUMNS = ("buried at", "reason", "stage", "class", "from", "attempts", "bytes")

Reasons = Annotated[
    list[str] | None,
    typer.Option("--reason", help=f"Only these: {', '.join(_REASONS)}.", show_default=False),
]
Since = Annotated[
    str | None,
    typer.Option(help="Only letters buried since: a date or RFC 3339 time.", show_default=False),
]


def list_letters(
    reason: Reasons = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, help="Most rows of the table.")] = 50,
    bootstrap: Bootstrap = None,
    config: Config = None,
) -> None:
    """List dead letters with their reasons, oldest first in each partition, and count them."""
    wanted = _filter(reason, since)
    counts: Counter[str] = Counter()
    table = Table(*_COLUMNS, box=None, header_style="bold")
    with closing(DeadLetters(kafka_settings(settings_of(config, bootstrap).kafka))) as letters:
        for letter in _matching(letters, wanted):
            counts[letter.reason] += 1
            if table.row_count < limit:
                table.add_row(*_row(letter))
    total = counts.total()
    if total:
        wide_console().print(table)
    if total > limit:
        typer.echo(f"... and {total - limit} more; --limit shows more")
    by_reason = ", ".join(f"{count} {name}" for name, count in counts.most_common())
    typer.echo(f"{total} dead letters" + (f": {by_reason}" if by_reason else ""))


def replay(
    *,
    reason: Reasons = None,
    since: Since = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Letters a second, at most.")] = 50.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, send nothing.")] = False,
    bootstrap: Bootstrap = None,
    config: Config = None,
) -> None:
    """Send dead letters back to the topic and partition they came from.

    A letter is sent once, however often this runs and whatever it filters; a letter that is
    buried again is a new one, with its attempts counted up.
    """
    wanted = _filter(reason, since)
    settings = kafka_settings(settings_of(config, bootstrap).kafka)
    columns = (SpinnerColumn(), TextColumn("{task.completed} sent"))
    console = Console(stderr=True)
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task("", total=None)
        run = DeadLetterReplay(settings, rate, lambda count: progress.advance(task, count))
        with closing(run):
            summary = run.preview(wanted) if dry_run else run.send(wanted)
    typer.echo(_summary(summary, dry_run=dry_run))


def _filter(reasons: list[str] | None, since: str | None) -> LetterFilter:
    unknown = sorted(set(reasons or ()) - set(_REASONS))
    if unknown:
        raise CommandFailed(
            f"--reason {unknown[0]}: no such reason", f"one of {', '.join(_REASONS)}"
        )
    return LetterFilter(frozenset(reasons or ()), _since_ms(since) if since else 0)


def _since_ms(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
        return parse_ms((at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat())
    except ValueError:
        cause = f"--since {text[:40]!r}: not a time"
        raise CommandFailed(cause, "such as 2026-01-31 or 2026-01-31T08:00:00Z") from None


def _matching(letters: DeadLetters, wanted: LetterFilter) -> Iterator[Letter]:
    for partition in letters.partitions():
        for letter in letters.read(partition, lambda _start, _end: None):
            if wanted.wants(letter):
                yield letter


def _row(letter: Letter) -> tuple[str, ...]:
    origin = f"{letter.origin_topic}[{letter.origin_partition}]@{letter.origin_offset}"
    size = f"{len(letter.value or b'')}{' (cut)' if letter.truncated else ''}"
    return (
        format_ms(letter.buried_ms),
        letter.reason,
        letter.stage,
        letter.error_class,
        origin,
        str(letter.attempts),
        size,
    )


def _summary(summary: ReplaySummary, *, dry_run: bool) -> str:
    parts = [f"{'would send' if dry_run else 'sent'} {summary.sent}"]
    for count, what in (
        (summary.sent_before, "sent before"),
        (summary.truncated, "kept only in part, cannot be sent"),
        (summary.foreign, "from no input topic of ours"),
    ):
        if count:
            parts.append(f"{count} {what}")
    return "; ".join(parts)
