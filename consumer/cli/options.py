"""Options that several commands share, and the settings that they lead to."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from consumer.settings.reading import load_settings
from consumer.settings.schema import Settings

Config = Annotated[
    Path | None, typer.Option("-c", "--config", help="Settings file (YAML).", show_default=False)
]
Bootstrap = Annotated[
    str | None,
    typer.Option(help="Brokers, host:port,host:port; over the settings.", show_default=False),
]

_FILE_COLUMNS = 240


def wide_console() -> Console:
    """For tables: as wide as the terminal, and wide enough for every row where it is none."""
    console = Console()
    return console if console.is_terminal else Console(width=_FILE_COLUMNS)


def settings_of(config: Path | None, bootstrap: str | None = None) -> Settings:
    """The settings, with the brokers of the command line."""
    given: dict[str, Any] = {"kafka": {"bootstrap": bootstrap}} if bootstrap else {}
    return load_settings(config, given)
