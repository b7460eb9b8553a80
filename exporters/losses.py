"""What each head is taught, as one loss. A row teaches only the heads it has labels for."""

from collections import Counter
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch.nn import functional

from exporters.batches import Batch
from exporters.encoding import IGNORED
from exporters.labels import CHOICE_HEADS, LABELS, Head
from exporters.rows import UNKNOWN, Row
from exporters.teachers import Teaching

SMOOTHING = 0.1
"""Probability spread over all labels where a label is weak."""

TAUGHT_WEIGHT = 0.5
"""Of what teachers say, beside what people wrote."""

VECTOR_WEIGHT = 2.0
CLASS_WEIGHT_BOUNDS = (0.5, 2.0)
SELDOM_ANGER_WEIGHT = 4.0
"""Of rows of public sources that are told to be angry: those are a few of a hundred there."""

HEAD_WEIGHTS = {"category": 1.0, "intent": 2.0, "sentiment": 1.0, "anger": 1.5, "tags": 12.0}


ClassWeights = Mapping[Head, Tensor]
"""Factor of each label's rows, by head."""


def class_weights_of(rows: Iterable[Row], power: float) -> ClassWeights:
    """Rarer labels count more: (mean count / count) ** power, within bounds."""
    weights: dict[Head, Tensor] = {}
    listed = list(rows)
    for head in CHOICE_HEADS:
        counts = Counter(getattr(row, head) for row in listed)
        numbers = torch.tensor([max(1, counts[label]) for label in LABELS[head]]).float()
        weights[head] = (numbers.mean() / numbers).pow(power).clamp(*CLASS_WEIGHT_BOUNDS)
    return weights


def losses_of(
    logits: dict[str, Tensor], batch: Batch, class_weights: ClassWeights | None = None
) -> dict[str, Tensor]:
    """Loss of each head over the rows that have its label; 0 where none has."""
    losses: dict[str, Tensor] = {
        head: _choice_loss(
            logits[head], batch.choices[:, place], batch, (class_weights or {}).get(head)
        )
        for place, head in enumerate(CHOICE_HEADS)
    }
    losses["anger"] = _anger_loss(logits["anger"], batch)
    losses["tags"] = _tag_loss(logits["tags"], batch)
    return losses


def total_of(losses: dict[str, Tensor]) -> Tensor:
    """The weighted sum that is minimised."""
    return torch.stack([HEAD_WEIGHTS.get(name, 1.0) * loss for name, loss in losses.items()]).sum()


def taught_losses(logits: dict[str, Tensor], batch: Batch, teaching: Teaching) -> dict[str, Tensor]:
    """Losses against the soft labels, where a row has no label or a weak one."""
    losses = {}
    spoken = batch.taught >= 0
    for place, head in enumerate(CHOICE_HEADS):
        open_rows = spoken & ((batch.choices[:, place] == IGNORED) | batch.weak)
        wanted = teaching.soft[head][batch.taught]
        each = -(wanted * functional.log_softmax(logits[head], 1)).sum(1)
        losses[f"taught {head}"] = TAUGHT_WEIGHT * (each * open_rows).sum() / len(each)
    levels = functional.binary_cross_entropy_with_logits(
        logits["anger"], teaching.soft["anger"][batch.taught], reduction="none"
    )
    open_levels = spoken[:, None] & (batch.anger == UNKNOWN)
    losses["taught anger"] = TAUGHT_WEIGHT * (levels * open_levels).sum() / len(levels)
    return losses


def vector_loss(guessed: Tensor, batch: Batch, vectors: Tensor) -> Tensor:
    """One minus the cosine to the teacher's vector, of the rows that have one."""
    wanted = vectors[batch.taught]
    known = (batch.taught >= 0) & (wanted.abs().sum(1) > 0)
    each = 1 - functional.cosine_similarity(guessed, wanted)
    return VECTOR_WEIGHT * (each * known).sum() / len(each)


def _choice_loss(logits: Tensor, targets: Tensor, batch: Batch, factors: Tensor | None) -> Tensor:
    known = targets != IGNORED
    if not known.any():
        return logits.sum() * 0
    logs = functional.log_softmax(logits[known], 1)
    hard = -logs.gather(1, targets[known][:, None])[:, 0]
    smooth = (1 - SMOOTHING) * hard - SMOOTHING * logs.mean(1)
    each = torch.where(batch.weak[known], smooth, hard)
    if factors is not None:
        each = each * factors[targets[known]]
    return (each * batch.weights[known]).sum() / len(targets)


def _anger_loss(logits: Tensor, batch: Batch) -> Tensor:
    known = batch.anger != UNKNOWN
    seldom = (batch.anger[:, 0] == 1) & (batch.anger[:, 1] == UNKNOWN)
    factors = batch.weights * torch.where(seldom, SELDOM_ANGER_WEIGHT, 1.0)
    each = functional.binary_cross_entropy_with_logits(
        logits, batch.anger.clamp(min=0), reduction="none"
    )
    return (each * known * factors[:, None]).sum() / len(logits)


def _tag_loss(logits: Tensor, batch: Batch) -> Tensor:
    """An unmarked token is taught "none of the types that this source marks"."""
    known = batch.tags != IGNORED
    if not known.any():
        return logits.sum() * 0
    logs = functional.log_softmax(logits[known], 1)
    targets = batch.tags[known]
    rows = torch.arange(len(batch.tags))[:, None].expand_as(batch.tags)[known]
    unmarked = logs.masked_fill(~batch.open_tags[rows], float("-inf")).logsumexp(1)
    marked = logs.gather(1, targets[:, None])[:, 0]
    each = -torch.where(targets == 0, unmarked, marked)
    return (each * batch.weights[rows]).sum() / batch.ids.numel()
