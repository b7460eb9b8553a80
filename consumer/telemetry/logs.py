"""Logs on stderr: one JSON object a line, or short lines for people on a terminal.

An event is a constant text with fields: `log.info("partition assigned", extra={"partition": 3})`.
Of an exception only its type and where it was raised are written: its text may be a customer's.
"""

import json
import logging
import sys
import traceback
from typing import Literal, TextIO

from consumer.contract.clock import format_ms

LogFormat = Literal["auto", "json", "console"]
_MS_PER_S = 1_000
_MAX_FRAMES = 20
_MAX_VALUE_CHARACTERS = 500
_ROOT = "consumer"
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class EventFormatter(logging.Formatter):
    """Formats a record for machines, or for people."""

    def __init__(self, *, for_people: bool) -> None:
        super().__init__()
        self._for_people = for_people

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the fields hold."""
        fields = {
            name: _plain(value) for name, value in record.__dict__.items() if name not in _STANDARD
        }
        if record.exc_info and record.exc_info[1] is not None:
            fields |= _exception_fields(record.exc_info[1])
        at = format_ms(int(record.created * _MS_PER_S))
        if self._for_people:
            return _line(record, at, fields)
        head = {"at": at, "level": record.levelname.lower(), "logger": record.name}
        event = {**head, "event": record.getMessage(), **fields}
        return json.dumps(event, ensure_ascii=False)


def start_logging(
    form: LogFormat = "auto", level: str = "info", stream: TextIO | None = None
) -> logging.Logger:
    """Makes our loggers write to `stream` (stderr) and nowhere else."""
    target = stream or sys.stderr
    for_people = form == "console" or (form == "auto" and target.isatty())
    output = logging.StreamHandler(target)
    output.setFormatter(EventFormatter(for_people=for_people))
    logger = logging.getLogger(_ROOT)
    logger.handlers[:] = [output]
    logger.setLevel(level.upper())
    logger.propagate = False
    return logger


def _line(record: logging.LogRecord, at: str, fields: dict[str, object]) -> str:
    clock = at[len("2026-01-01T") :]
    shown = " ".join(
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()
    )
    event = " ".join(record.getMessage().split())
    return f"{clock} {record.levelname.lower():7} {event} {shown}".rstrip()


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value)[:_MAX_VALUE_CHARACTERS]


def _exception_fields(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    places = [
        f"{frame.name} {frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames
    ]
    return {"error": type(error).__name__, "stack": places}
