"""`chat-router broker`: the embedded Apache Kafka in the foreground."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from consumer.exit_codes import ExitCode

EXAMPLES = """
Examples:

  chat-router broker

  chat-router broker --port 9092 --data ./kafka-data

  chat-router broker --brokers 3
"""


def broker(
    data: Annotated[
        Path | None, typer.Option(help="Keep data here; without it they go with the broker.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="First client port; a free one else.")] = None,
    brokers: Annotated[int, typer.Option(help="1 or 3.")] = 1,
) -> None:
    """Run a real Apache Kafka until Ctrl-C: for laptops, demos and tests, not for production."""
    # The extra [broker] is needed for this command only.
    from consumer.broker.cluster import BrokerSettings
    from consumer.broker.errors import BrokerError
    from consumer.broker.foreground import run_until_interrupted

    count = _brokers(brokers)
    try:
        run_until_interrupted(BrokerSettings(count, data, port), typer.echo)
    except BrokerError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(ExitCode.BROKER) from error


def _brokers(count: int) -> Literal[1, 3]:
    if count == 1:
        return 1
    if count == 3:
        return 3
    message = f"--brokers={count}: must be 1 or 3"
    raise typer.BadParameter(message)
