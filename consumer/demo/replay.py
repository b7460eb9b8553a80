"""The bundled conversations, sent at their own pace. Decides nothing."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from consumer.contract.clock import format_ms
from consumer.contract.identity import conversation_key
from consumer.ports import Clock, OutRecord

REPLAY_FILE = Path(__file__).with_name("replay.jsonl")
_MS = 1_000


class Line(Struct, frozen=True):
    """One message and the pause before it."""

    after_ms: int
    message: dict[str, Any]


def read_replay(path: Path = REPLAY_FILE) -> list[Line]:
    """All lines, in order."""
    return [msgspec.json.decode(line, type=Line) for line in path.read_bytes().splitlines()]


class Replay:
    """Sends the lines, once or for ever, until it is stopped.

    Every round has conversations and messages of its own, so that rounds do not mix.
    """

    def __init__(self, lines: list[Line], topic: str, clock: Clock, pace: float) -> None:
        self._lines = lines
        self._topic = topic
        self._clock = clock
        self._pace = pace
        self.stop = threading.Event()
        self.texts: dict[str, str] = {}
        self.sent = 0
        self.finished = False

    def run(self, send: Callable[[OutRecord], None], *, forever: bool) -> None:
        """Blocks; meant for a thread of its own."""
        rounds = 0
        while not self.stop.is_set() and (forever or rounds == 0):
            for line in self._lines:
                if self.stop.wait(line.after_ms / _MS / self._pace):
                    break
                send(self._record(line, rounds))
            rounds += 1
        self.finished = True

    def _record(self, line: Line, number: int) -> OutRecord:
        suffix = f"-{number}" if number else ""
        body = dict(line.message)
        body["message_id"] += suffix
        body["conversation_id"] += suffix
        body["sent_at"] = format_ms(self._clock.now_ms())
        self.texts[body["message_id"]] = body["text"]
        self.sent += 1
        key = conversation_key(body["tenant_id"], body["conversation_id"])
        return OutRecord(self._topic, key.encode(), msgspec.json.encode(body))
