"""All commands of `chat-router`. Registers them; each lives in a file of its own."""

from typing import Any

import typer
from typer.core import TyperGroup

from consumer.cli import (
    broker,
    check,
    dead_letters,
    demo,
    explain,
    feedback,
    load,
    route,
    rules,
    run,
    topics,
)
from consumer.cli.failures import failures_named
from consumer.exit_codes import MEANING

_EPILOG = "\b\nExit codes:\n" + "\n".join(f"{code:>4}  {said}" for code, said in MEANING.items())


class _Commands(TyperGroup):
    """Runs a command with its failures named."""

    def invoke(self, ctx: Any) -> Any:
        with failures_named():
            return super().invoke(ctx)


def _group(about: str, **options: Any) -> typer.Typer:
    return typer.Typer(
        help=about,
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
        **options,
    )


app = _group(
    "Routes customer chat messages from Kafka with ONNX models, exactly once.",
    name="chat-router",
    cls=_Commands,
    epilog=_EPILOG,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command(epilog=demo.EXAMPLES)(demo.demo)
app.command(epilog=run.EXAMPLES)(run.run)
app.command(epilog=route.EXAMPLES)(route.route)
app.command("explain", epilog=explain.EXAMPLES)(explain.explain_text)
app.command(epilog=check.EXAMPLES)(check.check)
app.command(epilog=load.EXAMPLES)(load.load)
app.command(epilog=broker.EXAMPLES)(broker.broker)

_topics = _group("Create or verify the topics.")
_topics.command(epilog=topics.CREATE_EXAMPLES)(topics.create)
_topics.command(epilog=topics.CHECK_EXAMPLES)(topics.check)
app.add_typer(_topics, name="topics")

_rules = _group("Lint, test and backtest rules files.")
_rules.command("lint", epilog=rules.LINT_EXAMPLES)(rules.lint_rules)
_rules.command("test", epilog=rules.TEST_EXAMPLES)(rules.play_golden)
_rules.command(epilog=rules.BACKTEST_EXAMPLES)(rules.backtest)
_rules.command(epilog=rules.DIFF_EXAMPLES)(rules.diff)
app.add_typer(_rules, name="rules")

_feedback = _group("Count what people corrected, or write it as training rows.")
_feedback.command(epilog=feedback.REPORT_EXAMPLES)(feedback.report)
_feedback.command(epilog=feedback.EXPORT_EXAMPLES)(feedback.export)
app.add_typer(_feedback, name="feedback")

_dlq = _group("List dead letters, or send them back.")
_dlq.command("list", epilog=dead_letters.LIST_EXAMPLES)(dead_letters.list_letters)
_dlq.command(epilog=dead_letters.REPLAY_EXAMPLES)(dead_letters.replay)
app.add_typer(_dlq, name="dlq")
