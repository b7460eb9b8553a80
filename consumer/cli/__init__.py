"""The command line: parses arguments, reads the settings, starts things, names failures."""


def main() -> None:
    """The console script `chat-router`."""
    from consumer.cli.app import app

    app(prog_name="chat-router")
