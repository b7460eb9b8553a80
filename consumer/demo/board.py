"""Draws the demo: decisions as they come, escalations, counts. Reads nothing."""

from typing import Any

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from consumer.demo.tally import Tally

_ANGER = {"none": "dim", "mild": "yellow", "high": "red", "severe": "bold white on red"}
_CATEGORY = {"complaint": "red", "suggestion": "cyan", "query": "green"}
_MOOD_WORSE, _MOOD_BETTER = -0.1, 0.1
_TEXT_CELLS = 42
# Names and their shares of the width.
_COLUMNS = (
    ("message", 7),
    ("category", 2),
    ("intent", 3),
    ("tags", 5),
    ("mood", 2),
    ("anger", 3),
    ("goes to", 7),
)


def board(tally: Tally, texts: dict[str, str], lag: int) -> RenderableType:
    """The whole screen."""
    return Group(_decisions(tally, texts), _escalations(tally), _footer(tally, lag))


def line(decision: dict[str, Any], texts: dict[str, str]) -> Text:
    """One decision as one line, where there is no terminal to draw on."""
    return Text(" | ").join(_cells(decision, texts))


def summary(console: Console, tally: Tally, sent: int) -> None:
    """What happened, at the end."""
    latencies = sorted(tally.latencies_ms) or [0.0]
    table = Table(title="Summary", show_header=False)
    table.add_row("messages sent", str(sent))
    table.add_row("decisions", ", ".join(f"{n} {name}" for name, n in _sorted(tally.decisions)))
    table.add_row("languages", ", ".join(f"{n} {name}" for name, n in _sorted(tally.languages)))
    table.add_row("entities tagged", str(tally.tagged))
    opened, resolved = tally.changes["opened"], tally.changes["resolved"]
    table.add_row("escalations", f"{opened} opened, {resolved} resolved")
    table.add_row("dead letters", str(tally.dead_letters))
    table.add_row("latency, median", f"{latencies[len(latencies) // 2]:.0f} ms to the decision")
    console.print(table)


def _sorted(counts: Any) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: -item[1])


def _decisions(tally: Tally, texts: dict[str, str]) -> Table:
    table = Table(title="Chat Router: decisions under read_committed", expand=True)
    for name, ratio in _COLUMNS:
        table.add_column(name, no_wrap=True, overflow="ellipsis", ratio=ratio)
    for decision in tally.recent:
        table.add_row(*_cells(decision, texts))
    return table


def _cells(decision: dict[str, Any], texts: dict[str, str]) -> list[Text]:
    category, anger = decision["category"]["label"], decision["anger"]
    tags = " ".join(f"{e['type']}={e['value']}" for e in decision["entities"])
    target = f"{decision['action']} → {decision['target']['id']} ({decision['priority']})"
    message = Text(texts.get(decision["message_id"], ""))
    message.truncate(_TEXT_CELLS, overflow="ellipsis")
    return [
        message,
        Text(category, style=_CATEGORY.get(category, "")),
        Text(decision["intent"]["name"]),
        Text(tags, style="magenta"),
        _mood(decision["conversation"]),
        Text(f"{anger['score']:.2f} {anger['level']}", style=_ANGER.get(anger["level"], "")),
        Text(target, style="bold" if decision["action"] == "escalate" else ""),
    ]


def _mood(conversation: dict[str, Any]) -> Text:
    trend = conversation["trend"]
    arrow = "↘" if trend < _MOOD_WORSE else "↗" if trend > _MOOD_BETTER else "→"
    return Text(f"{conversation['mood']:+.2f} {arrow}")


def _escalations(tally: Tally) -> Panel:
    table = Table(expand=True, box=None)
    for name in ("conversation", "kind", "state", "severity", "peak", "why"):
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    for event in tally.escalations.values():
        over = event["state"] == "resolved"
        table.add_row(
            event["conversation_id"],
            event["kind"],
            f"{event['state']} ({event['resolution']})" if over else event["state"],
            str(event["severity"]),
            f"{event['peak_score']:.2f}",
            event["summary"]["en"],
            style="dim" if over else "red",
        )
    return Panel(table, title="Escalations")


def _footer(tally: Tally, lag: int) -> Text:
    counts = ", ".join(f"{count} {name}" for name, count in _sorted(tally.decisions))
    return Text(
        f"{tally.decided} decisions ({counts}); lag {lag}; {tally.dead_letters} dead letters"
    )
