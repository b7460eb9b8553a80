"""Runs the network over texts and decodes it exactly as the service does. Trains nothing."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from consumer.inference.model import padded
from consumer.inference.prepared import Prepared
from exporters.labels import OUTPUTS

Arrays = dict[str, NDArray[np.float32]]
BATCH_ROWS = 32


def run_network(network: nn.Module, batch: Sequence[Prepared]) -> Arrays:
    """Outputs of one padded batch, by output name."""
    ids, lengths = padded(batch)
    with torch.inference_mode():
        logits = network(torch.from_numpy(ids).long(), torch.from_numpy(lengths).long())
    return {OUTPUTS[head]: tensor.numpy() for head, tensor in logits.items()}


def by_length(prepared: Sequence[Prepared], rows: int = BATCH_ROWS) -> list[list[int]]:
    """Positions in groups of like length."""
    order = sorted(range(len(prepared)), key=lambda at: prepared[at].length)
    return [order[at : at + rows] for at in range(0, len(order), rows)]
