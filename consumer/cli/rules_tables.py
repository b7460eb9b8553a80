"""What the commands on rules print. Computes nothing."""

import typer
from rich.table import Table

from consumer.cli.options import wide_console
from consumer.routing.rules_error import RulesError
from consumer.workbench.backtest import Comparison, Side, compare
from consumer.workbench.golden import Deviation
from consumer.workbench.traffic import Traffic

_MOST_MOVES = 20


def findings_table(found: list[RulesError]) -> Table:
    """One row for each finding."""
    table = Table("file", "line", "column", "rule", "field", "problem", box=None)
    for error in found:
        place = (error.file, str(error.line), str(error.column), error.rule, error.field)
        table.add_row(*place, error.problem)
    return table


def deviation_row(deviation: Deviation) -> tuple[str, ...]:
    """One thing that came out otherwise."""
    return (
        deviation.conversation,
        str(deviation.turn),
        str(deviation.line),
        deviation.field,
        deviation.expected,
        deviation.found,
    )


def tell_comparison(traffic: Traffic, before: Side, after: Side) -> None:
    """What moves, which alerts come and go, and what was not known."""
    found = compare(before, after)
    console = wide_console()
    if found.moves:
        console.print(_moves(found))
    if found.appearing or found.vanishing or found.staying:
        console.print(_alerts(found))
    typer.echo(
        f"{found.moved} of {found.messages} messages ({found.moved_share:.1%}) go another way;"
        f" of the others {found.reprioritised} have another priority,"
        f" {found.by_other_rule} another rule"
    )
    if traffic.skipped:
        typer.echo(f"{traffic.skipped} records had no decision and were left out")
    if traffic.without_message:
        typer.echo(
            f"{traffic.without_message} decisions came without their message: customer, channel,"
            " attributes and words (phrases, requests for a person) were read as unknown"
        )


def _moves(found: Comparison) -> Table:
    table = Table("messages", "share", "from", "by rule", "to", "by rule", box=None)
    for move in found.moves[:_MOST_MOVES]:
        share = f"{move.count / found.messages:.1%}"
        before, after = move.before, move.after
        table.add_row(
            str(move.count),
            share,
            f"{before.action}: {before.target}",
            before.rule,
            f"{after.action}: {after.target}",
            after.rule,
        )
    if len(found.moves) > _MOST_MOVES:
        table.add_row("...", "", f"{len(found.moves) - _MOST_MOVES} more kinds of move")
    return table


def _alerts(found: Comparison) -> Table:
    table = Table("alert", "stay", "appear", "vanish", box=None)
    for kind in sorted({*found.staying, *found.appearing, *found.vanishing}):
        counts = (found.staying[kind], found.appearing[kind], found.vanishing[kind])
        table.add_row(kind, *map(str, counts))
    return table
