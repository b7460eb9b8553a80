"""The way of a message as a picture: topics on the left and right, threads between."""

from dataclasses import dataclass
from itertools import pairwise

from consumer.contract.topics import Topics

WIDTH, HEIGHT = 960, 330
_ROW, _BOX = 46, 34
_FONT = "font-family='ui-monospace, Menlo, Consolas, monospace' font-size='13'"
_STYLE = """<style>
  .topic { fill: #eef4fb; stroke: #4a7ab5 } .step { fill: #f6f6f4; stroke: #777 }
  .frame { fill: none; stroke: #999; stroke-dasharray: 5 4 } .way { stroke: #444; fill: none }
  .title { fill: #555 }
</style>"""
_ARROW = (
    "<defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' markerHeight='7'"
    " orient='auto'><path d='M0 0 L8 4 L0 8 z' fill='#444'/></marker></defs>"
)


@dataclass(frozen=True)
class Box:
    """A labelled box; `kind` is a class of the style."""

    label: str
    kind: str
    x: int
    y: int
    width: int

    @property
    def middle(self) -> int:
        """Where arrows meet it."""
        return self.y + _BOX // 2

    def svg(self) -> str:
        """The box and its label."""
        return (
            f"<rect class='{self.kind}' x='{self.x}' y='{self.y}' width='{self.width}'"
            f" height='{_BOX}' rx='5'/><text x='{self.x + self.width // 2}' y='{self.middle + 5}'"
            f" text-anchor='middle'>{self.label}</text>"
        )


def flow_svg() -> str:
    """The whole picture."""
    topics = Topics()
    inputs = [
        Box(name, "topic", 10, 80 + 2 * _ROW * number, 180)
        for number, name in enumerate((topics.messages, topics.feedback))
    ]
    kafka = [
        Box(label, "step", 240, 60 + _ROW * number, 190)
        for number, label in enumerate(
            ("read", "reorder", "mood, rules", "escalations", "publish + commit")
        )
    ]
    workers = [
        Box(label, "step", 480, 60 + _ROW * number, 190)
        for number, label in enumerate(("decode", "tokenize", "infer (ONNX)"))
    ]
    outputs = [
        Box(name, "topic", 740, 40 + _ROW * number, 210)
        for number, name in enumerate(
            (
                topics.routing,
                topics.escalations,
                topics.dead_letters,
                topics.state,
                topics.incidents,
            )
        )
    ]
    boxes = [*inputs, *kafka, *workers, *outputs]
    ways = [
        *(_across(box, kafka[0]) for box in inputs),
        *(_down(*pair) for pair in pairwise(kafka)),
        *(_down(*pair) for pair in pairwise(workers)),
        _across(kafka[0], workers[0]),
        f"<path class='way' marker-end='url(#tip)' d='M480 {workers[-1].middle} H455"
        f" V{kafka[1].middle} H432'/>",
        *(_out(kafka[-1], box) for box in outputs),
    ]
    frames = [
        _frame("kafka thread", 225, 220, 5),
        _frame("workers, run ahead", 465, 220, 3),
        f"<text class='title' x='470' y='{kafka[-1].middle - 8}'>one transaction</text>",
    ]
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' {_FONT}>\n"
        f"<title>The way of a message through Chat Router</title>\n{_STYLE}\n{_ARROW}\n"
        f"<rect width='{WIDTH}' height='{HEIGHT}' fill='#fff'/>\n"
        + "\n".join([*frames, *ways, *(box.svg() for box in boxes)])
        + "\n</svg>\n"
    )


def _frame(title: str, x: int, width: int, rows: int) -> str:
    return (
        f"<rect class='frame' x='{x}' y='46' width='{width}' height='{rows * _ROW + 16}' rx='8'/>"
        f"<text class='title' x='{x + 8}' y='38'>{title}</text>"
    )


def _across(left: Box, right: Box) -> str:
    start, turn = left.x + left.width, right.x - 25
    return (
        f"<path class='way' marker-end='url(#tip)' d='M{start} {left.middle} H{turn}"
        f" V{right.middle} H{right.x - 2}'/>"
    )


def _down(upper: Box, lower: Box) -> str:
    x = upper.x + upper.width // 2
    return f"<path class='way' marker-end='url(#tip)' d='M{x} {upper.y + _BOX} V{lower.y - 2}'/>"


def _out(last: Box, topic: Box) -> str:
    return (
        f"<path class='way' marker-end='url(#tip)' d='M{last.x + last.width} {last.middle} H710"
        f" V{topic.middle} H{topic.x - 2}'/>"
    )
