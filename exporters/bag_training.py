"""Teaches the bag of n-grams and the message heads alone, before the encoder joins them.

It costs a hundredth of the whole network and soon reaches what a linear model reaches.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import torch

from consumer.inference.tokenizer import TextTokenizer
from exporters.batches import Batch, draw_rows, packed
from exporters.encoding import encode_rows
from exporters.losses import message_losses_of, total_of
from exporters.network import Network
from exporters.rows import Row
from exporters.settings import TrainingSettings

Rows = tuple[list[Row], list[Row]]
"""Own rows and public rows."""

BATCH_ROWS = 128
BATCH_TOKENS = 8_192


def train_bag(
    network: Network,
    rows: Rows,
    tokenizer: TextTokenizer,
    settings: TrainingSettings,
    after_epoch: Callable[[int], None],
) -> None:
    """All epochs of it; the learning rate falls linearly. Rows without message labels are left."""
    parts = (network.bag, network.norm_bag, network.message_heads)
    parameters = [one for part in parts for one in part.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=settings.bag_learning_rate, weight_decay=0.0)
    own, public = rows[0], [replace(row, spans=None) for row in rows[1] if _has_label(row)]
    for epoch in range(settings.bag_epochs):
        rng = Random(f"bag:{settings.seed}:{epoch}")  # noqa: S311 - draws rows, keeps no secret
        share = settings.own_share_last
        drawn = draw_rows(own, public, settings.bag_epoch_rows, share, rng)
        examples = encode_rows(drawn, tokenizer)
        network.train()
        for group in optimizer.param_groups:
            group["lr"] = settings.bag_learning_rate * (1 - epoch / settings.bag_epochs)
        for batch in packed(examples, BATCH_ROWS, BATCH_TOKENS, rng):
            _step(network, optimizer, batch)
        after_epoch(epoch + 1)


def _has_label(row: Row) -> bool:
    return any(one is not None for one in (row.category, row.intent, row.sentiment, row.anger))


def _step(network: Network, optimizer: torch.optim.Optimizer, batch: Batch) -> None:
    loss = total_of(message_losses_of(network.from_bag(batch.ids, batch.lengths), batch))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
