"""`chat-router run`: the service, until SIGTERM."""

from pathlib import Path
from typing import Annotated

import typer

from consumer.app import model_opener
from consumer.running import RunningRouter
from consumer.settings.reading import load_settings
from consumer.telemetry.logs import start_logging

EXAMPLES = """
Examples:

  chat-router run -c router.yaml

  CHAT_ROUTER_KAFKA__BOOTSTRAP=kafka:9092 chat-router run
"""


def run(
    config: Annotated[Path | None, typer.Option("-c", "--config", help="Settings file.")] = None,
) -> None:
    """Run the service until SIGTERM or Ctrl-C; a second one leaves at once.

    Reads chat messages, publishes decisions and escalations, exactly once. Serves `/metrics`,
    `/livez` and `/readyz`.
    """
    settings = load_settings(config)
    start_logging(settings.logs.format, settings.logs.level)
    with RunningRouter(settings, model_opener(settings)) as router:
        raise typer.Exit(router.serve())
