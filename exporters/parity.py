"""Holds an exported graph against the network: same labels, close numbers, also at the edges."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from consumer.inference.manifest import Variant
from consumer.inference.model import padded
from consumer.inference.session import GraphSession
from consumer.inference.tokenizer import TextTokenizer
from exporters.labels import OUTPUTS, Head
from exporters.model_source import SourceGraph
from exporters.torch_model import by_length

EDGE_TEXTS = ("", "?", "7", "你", "ok", "a" * 400, "好" * 400, "🙂🙂🙂", "\u200b", "ＡＢＣ １２３")
LEAST_AGREEMENT: dict[Variant, float] = {
    "cpu-fp32": 0.999,
    "cpu-int8": 0.995,
    "cuda-fp16": 0.999,
}
_EDGE_BATCH_ROWS = 3
"""Small, so that long and short texts pad each other."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Share of equal labels of a head, and the largest difference of a logit."""

    head: Head
    share: float
    largest_difference: float
    compared: int


def compare(
    graph: SourceGraph, content: bytes, tokenizer: TextTokenizer, texts: Sequence[str]
) -> list[Agreement]:
    """Agreement by head over the texts and the edge texts; tags are compared token by token."""
    session = GraphSession(content, "cpu")
    equal: dict[Head, list[bool]] = {head: [] for head in graph.labels}
    worst: dict[Head, float] = dict.fromkeys(graph.labels, 0.0)
    for all_texts, rows in ((texts, 16), (EDGE_TEXTS, _EDGE_BATCH_ROWS)):
        prepared = tokenizer.encode_batch(all_texts)
        for group in by_length(prepared, rows):
            batch = [prepared[at] for at in group]
            ids, lengths = padded(batch)
            inside = np.arange(ids.shape[1]) < lengths[:, None]
            wanted, found = graph.run(batch), session.run(ids, lengths)
            for head in graph.labels:
                one, other = wanted[OUTPUTS[head]], found[OUTPUTS[head]]
                if head == "tags":
                    one, other = one[inside], other[inside]
                equal[head] += _same(head, one, other)
                worst[head] = max(worst[head], float(np.abs(one - other).max()))
    return [
        Agreement(head, sum(each) / len(each), worst[head], len(each))
        for head, each in equal.items()
    ]


def _same(head: Head, one: np.ndarray, other: np.ndarray) -> list[bool]:
    if head == "anger":  # three yes-or-no questions, not one choice
        return [bool(each) for each in ((one > 0) == (other > 0)).all(axis=1)]
    return [bool(each) for each in one.argmax(axis=1) == other.argmax(axis=1)]
