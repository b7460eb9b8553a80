"""`chat-router explain`: one decision for people, from the words to the queue."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from consumer.app import configured_ruleset, model_opener
from consumer.cli.failures import CommandFailed
from consumer.cli.options import Config, settings_of, wide_console
from consumer.clock import SystemClock
from consumer.contract.clock import format_ms
from consumer.contract.decision import Evidence, Target
from consumer.contract.topics import Topics
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.records import Record, Rejected, Turn
from consumer.routing.matchers import NEGATED
from consumer.routing.rules import load_ruleset
from consumer.workbench.explanation import Explanation, Miss, explain
from consumer.workbench.flips import Flip
from consumer.workbench.occlusion import HEADS, Push, answer_of

EXAMPLES = """
Examples:

  chat-router explain '我的订单JD20260101888都一周了还没到，太气人了！'

  chat-router explain 'my parcel is late, this is unacceptable' --tier vip --channel app

  chat-router explain "$(head -1 conversation.jsonl)" --rules new.yaml
"""
_MOST_LABELS = 3
_MOST_PUSHES = 5
_MOST_FLIPS = 6
_BAR = 20
_WORTH_TELLING = 0.005
_SIGNS = {
    "has": "with",
    "eq": "=",
    "ne": "≠",
    "gte": "≥",
    "lte": "≤",
    "gt": ">",
    "lt": "<",
    "in": "one of",
}
_COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")
_TOPICS = Topics()


def explain_text(
    text: Annotated[str, typer.Argument(help="The message, or a message.received object.")],
    rules: Annotated[
        Path | None, typer.Option(help="Rules file; over the settings.", show_default=False)
    ] = None,
    tier: Annotated[str, typer.Option(help="The customer's tier.")] = "standard",
    channel: Annotated[str, typer.Option(help="The channel.")] = "other",
    config: Config = None,
) -> None:
    """Show why a message is routed as it is, and what would route it otherwise.

    Takes the message as the first of its conversation. Attributions ask the models again with each
    word (each pair of Chinese characters) left out.
    """
    settings = settings_of(config)
    ruleset = load_ruleset(rules) if rules is not None else configured_ruleset(settings)
    turn = turn_of(text, tier, channel)
    explanation = explain(turn, model_opener(settings)(), ruleset)
    if isinstance(explanation, Rejected):
        raise CommandFailed(
            f"the model cannot read this message ({explanation.reason})", "shorten it"
        )
    tell(wide_console(), explanation)


def tell(console: Console, explanation: Explanation) -> None:
    """Prints one explanation."""
    for part in (_marked, _heads, _decision, _missed, _flipped):
        part(console, explanation)


def turn_of(text: str, tier: str = "standard", channel: str = "other") -> Turn:
    """The message as the first of its conversation.

    Raises:
        CommandFailed: no router can use it.
    """
    now_ms = SystemClock().now_ms()
    body: dict[str, Any] = {
        "message_id": "explained",
        "conversation_id": "explained",
        "text": text,
        "sent_at": format_ms(now_ms),
        "channel": channel,
        "customer": {"tier": tier},
    }
    is_object = text.lstrip().startswith("{")
    value = text.encode("utf-8", "replace") if is_object else msgspec.json.encode(body)
    record = Record(_TOPICS.messages, 0, 0, 1, now_ms, None, value)
    turn = Decoder(IntakeLimits(), _TOPICS).decode(record)
    if not isinstance(turn, Turn):
        reason = turn.reason if isinstance(turn, Rejected) else "no message"
        raise CommandFailed(
            f"no usable message.received ({reason})", "it needs message_id, conversation_id, text"
        )
    return turn


def _marked(console: Console, explanation: Explanation) -> None:
    """The text with its entities in colour."""
    shown = Text(explanation.text)
    kinds = list(dict.fromkeys(entity.type for entity in explanation.entities))
    for entity in explanation.entities:
        shown.stylize(f"bold {_colour(kinds, entity.type)}", entity.start, entity.end)
    console.print(shown)
    for entity in explanation.entities:
        line = Text("  ")
        line.append(entity.type, _colour(kinds, entity.type))
        line.append(f" {entity.normalized}  ({entity.source}, {entity.confidence:.2f})")
        console.print(line)
    decision = explanation.decision
    told = f"language {decision.language.code} ({decision.language.confidence:.2f})"
    if decision.degraded:
        told += f", degraded: {', '.join(decision.degraded_reasons)}"
    console.print(told, style="dim", highlight=False)


def _colour(kinds: list[str], kind: str) -> str:
    return _COLOURS[kinds.index(kind) % len(_COLOURS)]


def _heads(console: Console, explanation: Explanation) -> None:
    """Probabilities, and the words that push the answer."""
    table = Table("head", "says", "", "pushed by", "held back by", box=None)
    for head in HEADS:
        answer, _ = answer_of(explanation.prediction, head)
        pushed = [one for one in explanation.pushes.get(head, ()) if one.by >= _WORTH_TELLING]
        held = [one for one in explanation.pushes.get(head, ()) if one.by <= -_WORTH_TELLING]
        labels = _labels(explanation, head)
        for row, (label, score) in enumerate(labels):
            bar = "█" * round(score * _BAR)
            words = (_words(pushed), _words(held)) if row == 0 else ("", "")
            style = "bold" if label == answer else "dim"
            table.add_row(
                head if row == 0 else "", f"{label} {score:.2f}", bar, *words, style=style
            )
    console.print(table)


def _labels(explanation: Explanation, head: str) -> list[tuple[str, float]]:
    if head == "anger":
        return [(explanation.decision.anger.level, explanation.prediction.anger)]
    scores: dict[str, float] = getattr(explanation.prediction, head)
    return sorted(scores.items(), key=lambda item: -item[1])[:_MOST_LABELS]


def _words(found: list[Push]) -> str:
    return "  ".join(f"{push.part.text} {push.by:+.2f}" for push in found[:_MOST_PUSHES])


def _decision(console: Console, explanation: Explanation) -> None:
    decision = explanation.decision
    reason = decision.reason
    console.print()
    where = f"{decision.action} → {_place(decision.target)}, priority {decision.priority}"
    console.print(f"{where}, by rule {reason.rule_id}", style="bold green", highlight=False)
    console.print(f"  {reason.text.en}\n  {reason.text.zh}", highlight=False)
    for item in reason.evidence:
        console.print(f"  because {_condition(item)}", highlight=False)
    intent = decision.intent
    console.print(
        f"  intent status {intent.status} (confidence {intent.confidence:.2f}, margin"
        f" {intent.margin:.2f}); rules {decision.ruleset.name} {decision.ruleset.version}",
        style="dim",
        highlight=False,
    )
    for change in decision.escalations:
        console.print(f"  escalation {change.kind} {change.change}", style="red", highlight=False)


def _missed(console: Console, explanation: Explanation) -> None:
    """Why the earlier rules did not apply."""
    if not explanation.misses:
        return
    table = Table("earlier rule", "did not apply, because", box=None)
    for miss in explanation.misses:
        table.add_row(miss.route, _why(miss))
    console.print()
    console.print(table)


def _why(miss: Miss) -> str:
    return miss.note or "; ".join(map(_condition, miss.because))


def _flipped(console: Console, explanation: Explanation) -> None:
    """The smallest change first, then others."""
    console.print()
    if not explanation.flips:
        console.print("no single change sends it another way", highlight=False)
        return
    table = Table("smallest changes", "from", "to", "would be", "by rule", box=None)
    for flip in explanation.flips[:_MOST_FLIPS]:
        table.add_row(flip.field, *_change(flip), flip.route)
    console.print(table)


def _change(flip: Flip) -> tuple[str, str, str]:
    return _shown(flip.before), _shown(flip.after), f"{flip.action} → {_place(flip.target)}"


def _place(target: Target) -> str:
    skills = f" [{', '.join(target.skills)}]" if target.skills else ""
    return f"{target.type} {target.id}{skills}"


def _condition(item: Evidence) -> str:
    """'anger.score is 0.12, not ≥ 0.5'."""
    negated = item.op.startswith(NEGATED)
    op = item.op.removeprefix(NEGATED)
    sign = _SIGNS.get(op, op)
    said = f"{item.feature} is {_shown(item.value)}"
    return (
        f"{said}, not {sign} {_shown(item.threshold)}"
        if negated
        else (f"{said}, {sign} {_shown(item.threshold)}")
    )


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "nothing"
    return "nothing" if value in (None, "") else str(value)
