"""`python -m tests.docs.pictures docs/pictures` draws the pictures of README and tour.

The demo's board and `explain` are drawn by their own code from what the bundled models say.
"""

import io
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from consumer.app import configured_ruleset, model_opener, offline_router
from consumer.cli.explain import tell, turn_of
from consumer.contract.topics import Topics
from consumer.demo.board import board
from consumer.demo.replay import Replay, read_replay
from consumer.demo.tally import Tally
from consumer.ports import OutRecord
from consumer.records import Record, Rejected
from consumer.settings.reading import load_settings
from consumer.workbench.explanation import explain
from tests.docs.flow_picture import flow_svg
from tests.fakes.manual_clock import ManualClock

EXPLAINED = "我的订单JD20260101888都一周了还没到，太气人了！"
_BOARD_CELLS, _EXPLAIN_CELLS = 150, 150
_TOPICS = Topics()
_MS = 1_000
_AT_ONCE = 1e6
# Fonts come from the reader's machine: a picture of ours fetches nothing.
_SVG_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def pictures() -> Mapping[str, str]:
    """SVG by file name."""
    return {
        "board.svg": board_svg(),
        "explain.svg": explain_svg(),
        "flow.svg": flow_svg(),
    }


def board_svg() -> str:
    """The demo's board in the middle."""
    tally, texts = _watched()
    console = _console(_BOARD_CELLS)
    console.print(board(tally, texts, lag=0))
    return _svg(console, "chat-router demo", "board")


def explain_svg() -> str:
    """What `chat-router explain` prints."""
    settings = load_settings(None)
    explanation = explain(
        turn_of(EXPLAINED), model_opener(settings)(), configured_ruleset(settings)
    )
    assert not isinstance(explanation, Rejected)
    console = _console(_EXPLAIN_CELLS)
    tell(console, explanation)
    return _svg(console, f"chat-router explain '{EXPLAINED}'", "explain")


def _watched() -> tuple[Tally, dict[str, str]]:
    clock = ManualClock()
    router = offline_router(load_settings(None), _TOPICS, clock)
    tally = Tally(_TOPICS)
    lines = read_replay()
    replay = Replay(lines, _TOPICS.messages, clock, pace=_AT_ONCE)

    def send(record: OutRecord) -> None:
        offset = replay.sent - 1
        for out in router.route(_read(record, offset, clock.now_ms())):
            if out.topic in (_TOPICS.routing, _TOPICS.escalations):
                tally.see(_read(out, offset, clock.now_ms()))
        clock.advance(lines[offset].after_ms / _MS)
        if _tells_much(tally):
            replay.stop.set()

    replay.run(send, forever=False)
    return tally, replay.texts


def _read(sent: OutRecord, offset: int, at_ms: int) -> Record:
    return Record(sent.topic, 0, offset, 1, at_ms, sent.key, sent.value, tuple(sent.headers or ()))


def _tells_much(tally: Tally) -> bool:
    """Whether a second customer has just become angry."""
    angry = [event for event in tally.escalations.values() if event["kind"] == "anger"]
    return len(angry) > 1


def _console(cells: int) -> Console:
    return Console(width=cells, record=True, file=io.StringIO(), force_terminal=True)


def _svg(console: Console, title: str, identity: str) -> str:
    return console.export_svg(title=title, unique_id=identity, code_format=_SVG_FORMAT) + "\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, svg in pictures().items():
        (folder / name).write_text(svg, encoding="utf-8")
