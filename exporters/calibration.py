"""Temperatures and thresholds from held-out own rows. Changes no weights.

A temperature makes probabilities honest; thresholds say from which probability on a decision is
right often enough to be suggested, or to be carried out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consumer.inference.heads import Outputs, softmax
from consumer.inference.manifest import Thresholds
from consumer.inference.tokenizer import TextTokenizer
from exporters.encoding import IGNORED, Example, encode_rows
from exporters.evaluation import Run
from exporters.labels import CHOICE_HEADS, LABELS, OUTPUTS, Head
from exporters.rows import UNKNOWN, Row
from exporters.torch_model import by_length

TEMPERATURES = np.geomspace(0.4, 5.0, 60)
SUGGEST_PRECISION = 0.7
AUTOMATE_PRECISION = 0.9
MIXED_PRECISION = 0.5
"""Below this, the first two intents are as good as mixed up."""

MARGIN_WINDOW = 0.1
"""Width of the stretch of margins over which that precision is taken."""

LEAST_ROWS = 10
"""A precision over fewer rows says nothing."""

IN_SCOPE_LOST = 0.05
"""Share of held-out rows that may fall under the out-of-scope bound."""

SAFE_AUTOMATE = 0.95
_GRID = np.arange(0.3, 0.991, 0.01)
_MARGINS = np.arange(0.02, 0.31, 0.02)
_PENALTY = 1e-12

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]


def calibrate(
    rows: Sequence[Row], tokenizer: TextTokenizer, run: Run, labels: Mapping[Head, tuple[str, ...]]
) -> tuple[dict[Head, float], dict[Head, Thresholds]]:
    """Temperature of every head that has our labels; thresholds of those that choose."""
    heads = [head for head in labels if labels[head] == LABELS[head]]
    logits, targets = _collected(rows, tokenizer, run, heads)
    temperatures: dict[Head, float] = {}
    thresholds: dict[Head, Thresholds] = {}
    if "tags" in heads:
        temperatures["tags"] = best_temperature(logits["tags"], targets["tags"])
    for head in (one for one in CHOICE_HEADS if one in heads):
        temperatures[head] = best_temperature(logits[head], targets[head])
        chances: Floats = softmax(logits[head], temperatures[head])
        thresholds[head] = thresholds_of(chances, targets[head], intent=head == "intent")
    if "anger" in heads:
        temperatures["anger"] = best_anger_temperature(logits["anger"], targets["anger"])
    return temperatures, thresholds


def _collected(
    rows: Sequence[Row], tokenizer: TextTokenizer, run: Run, heads: Sequence[Head]
) -> tuple[dict[Head, Floats], dict[Head, Ints]]:
    """Logits and targets of all rows; tags flat, without what is ignored."""
    prepared = tokenizer.encode_batch([row.text for row in rows])
    examples = encode_rows(rows, tokenizer)
    logits: dict[Head, list[Floats]] = {head: [] for head in heads}
    targets: dict[Head, list[Ints]] = {head: [] for head in heads}
    for group in by_length(prepared):
        outputs = run([prepared[at] for at in group])
        every = _targets(outputs, [examples[at] for at in group])
        for head in heads:
            wanted = every[head]
            known = (wanted != IGNORED) & (wanted != UNKNOWN)
            known = known.all(axis=1) if head == "anger" else known
            logits[head].append(outputs[OUTPUTS[head]][known].astype(np.float64))
            targets[head].append(wanted[known])
    return (
        {head: np.concatenate(each) for head, each in logits.items()},
        {head: np.concatenate(each) for head, each in targets.items()},
    )


def _targets(outputs: Outputs, examples: Sequence[Example]) -> dict[Head, Ints]:
    width = outputs[OUTPUTS["tags"]].shape[1]
    tags = [one.tags or [] for one in examples]
    found: dict[Head, Ints] = {
        head: np.array([one.choices[place] for one in examples])
        for place, head in enumerate(CHOICE_HEADS)
    }
    found["anger"] = np.array([one.anger for one in examples])
    found["tags"] = np.array([row + [IGNORED] * (width - len(row)) for row in tags])
    return found


def best_temperature(logits: Floats, targets: Ints) -> float:
    """The temperature under which the targets are likeliest."""
    if not len(targets):
        return 1.0
    places = np.arange(len(targets))
    losses = [
        -np.log(softmax(logits, temperature)[places, targets] + _PENALTY).mean()
        for temperature in TEMPERATURES
    ]
    return round(float(TEMPERATURES[int(np.argmin(losses))]), 3)


def best_anger_temperature(logits: Floats, targets: Ints) -> float:
    """The same for the three yes-or-no questions of the anger head."""
    if not len(targets):
        return 1.0
    signed = np.where(targets == 1, logits, -logits)
    losses = [np.logaddexp(0, -signed / temperature).mean() for temperature in TEMPERATURES]
    return round(float(TEMPERATURES[int(np.argmin(losses))]), 3)


def thresholds_of(chances: Floats, targets: Ints, intent: bool) -> Thresholds:
    """Bounds on the first probability; those of the intent alone stay 0 for other heads."""
    first = chances.max(axis=1)
    right = chances.argmax(axis=1) == targets
    suggest = _least_with(first, right, SUGGEST_PRECISION, 0.5)
    automate = max(suggest, _least_with(first, right, AUTOMATE_PRECISION, SAFE_AUTOMATE))
    if not intent:
        return Thresholds(suggest=suggest, automate=automate)
    ordered = np.sort(chances, axis=1)
    return Thresholds(
        suggest=suggest,
        automate=automate,
        ambiguity_margin=_margin(ordered[:, -1] - ordered[:, -2], right),
        out_of_scope=round(float(np.quantile(first, IN_SCOPE_LOST)), 3) if len(first) else 0.0,
    )


def _least_with(
    first: Floats, right: NDArray[np.bool_], precision: float, otherwise: float
) -> float:
    for bound in _GRID:
        chosen = right[first >= bound]
        if len(chosen) >= LEAST_ROWS and chosen.mean() >= precision:
            return round(float(bound), 2)
    return otherwise


def _margin(margins: Floats, right: NDArray[np.bool_]) -> float:
    """The margin up to which the first intent is no better than a toss, window by window."""
    widest = 0.0
    for bound in _MARGINS:
        near = right[(margins >= bound - MARGIN_WINDOW) & (margins < bound)]
        if len(near) >= LEAST_ROWS and near.mean() >= MIXED_PRECISION:
            break
        widest = float(bound)
    return round(widest, 2)
