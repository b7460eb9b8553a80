"""Exit codes of every command. The table in the main `--help` and the docs say the same."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Small numbers are the caller's business; the others follow sysexits.h."""

    OK = 0
    CHECK_FAILED = 1
    USAGE = 2
    BROKER = 69
    INTERNAL = 70
    FENCED = 75


MEANING = {
    ExitCode.OK: "done",
    ExitCode.CHECK_FAILED: "a check found something wrong; it is named",
    ExitCode.USAGE: "arguments, settings, rules or bundle cannot be used",
    ExitCode.BROKER: "Kafka cannot be used: unreachable, topics missing, no permission",
    ExitCode.INTERNAL: "a worker or the program itself failed; a restart reads on",
    ExitCode.FENCED: "another live instance has the same identity",
}
