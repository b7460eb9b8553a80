"""Which words push which head: each is left out in turn, and the model asked again.

A word of letters or digits is one part; of Chinese each pair of neighbouring characters is one,
as single characters seldom mean anything. What a part is worth is what the answer loses without
it.
"""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from consumer.inference.model import Inferred, Model
from consumer.records import Prediction

HEADS = ("category", "intent", "sentiment", "anger")
MAX_PARTS = 200
_WORD = re.compile(r"[A-Za-z0-9]+(?:['’.-][A-Za-z0-9]+)*")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_BATCH = 32


class Part(Struct, frozen=True):
    """A stretch of the text, in code points, end exclusive."""

    text: str
    start: int
    end: int


class Push(Struct, frozen=True):
    """What a part adds to the probability of a head's answer (to the score, for anger)."""

    part: Part
    by: float


def parts_of(text: str) -> list[Part]:
    """Words and pairs of Chinese characters, in their order; a lone character is one."""
    found = [Part(match.group(), *match.span()) for match in _WORD.finditer(text)]
    for match in _HAN.finditer(text):
        found += _pairs(match.group(), match.start())
    return sorted(found, key=lambda part: (part.start, part.end))


def pushes(model: Model, text: str, full: Prediction) -> dict[str, list[Push]]:
    """By head, what each part pushes, strongest first. Only the first `MAX_PARTS` are tried."""
    parts = parts_of(text)[:MAX_PARTS]
    without = _predictions(model, [text[: part.start] + text[part.end :] for part in parts])
    found: dict[str, list[Push]] = {}
    for head in HEADS:
        answer, score = answer_of(full, head)
        found[head] = sorted(
            (
                Push(part, round(score - _score(one, head, answer), 4))
                for part, one in zip(parts, without, strict=True)
                if isinstance(one, Prediction)
            ),
            key=lambda push: -abs(push.by),
        )
    return found


def answer_of(prediction: Prediction, head: str) -> tuple[str, float]:
    """The head's likeliest label with its probability; for anger its name and the score."""
    if head == "anger":
        return head, prediction.anger
    scores: dict[str, float] = getattr(prediction, head)
    best = max(scores, key=scores.__getitem__)
    return best, scores[best]


def _pairs(run: str, start: int) -> Iterator[Part]:
    if len(run) == 1:
        yield Part(run, start, start + 1)
    for at in range(len(run) - 1):
        yield Part(run[at : at + 2], start + at, start + at + 2)


def _predictions(model: Model, texts: Sequence[str]) -> list[Inferred]:
    found: list[Inferred] = []
    for start in range(0, len(texts), _BATCH):
        found += model.infer(model.prepare(texts[start : start + _BATCH]))
    return found


def _score(prediction: Prediction, head: str, answer: str) -> float:
    if head == "anger":
        return prediction.anger
    scores: dict[str, float] = getattr(prediction, head)
    return scores.get(answer, 0.0)
