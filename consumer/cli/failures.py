"""Every failure that a command may end with becomes `error: ...` lines and an exit code.

A failure that is not known here is a bug: it keeps its stack.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from consumer.exit_codes import ExitCode


class CommandFailed(Exception):  # noqa: N818 - how a command ends, not a bug
    """A command cannot go on: says why, and what to do next."""

    def __init__(self, cause: str, remedy: str, exit_code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(f"{cause}; {remedy}")
        self.exit_code = exit_code


@contextmanager
def failures_named() -> Iterator[None]:
    """Ends the command with the failure's own code, and its text as lines on stderr."""
    try:
        yield
    except Exception as failure:
        code = _exit_code(failure)
        if code is None:
            raise
        for line in _said(failure).splitlines() or [type(failure).__name__]:
            typer.echo(f"error: {line}", err=True)
        raise typer.Exit(code) from failure


def _said(failure: Exception) -> str:
    if isinstance(failure, OSError) and failure.filename is not None:
        return f"{failure.filename}: {failure.strerror}"
    return str(failure)


def _exit_code(failure: Exception) -> int | None:
    # Only a command that fails pays for knowing all of these.
    from consumer.broker.errors import BrokerError
    from consumer.inference.faults import ProviderError
    from consumer.inference.manifest import BundleError
    from consumer.ports import StreamStopped
    from consumer.routing.rules_error import RulesError
    from consumer.settings.problems import SettingsError
    from consumer.telemetry.server import ServingError

    match failure:
        case StreamStopped() | CommandFailed():
            return failure.exit_code
        case SettingsError() | RulesError() | BundleError() | ProviderError() | ServingError():
            return ExitCode.USAGE
        case BrokerError():
            return ExitCode.BROKER
        case OSError() if failure.filename is not None:
            return ExitCode.USAGE
        case _:
            return None
