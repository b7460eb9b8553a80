"""The network: one small encoder, a bag of hashed n-grams beside it, and the five heads.

Only what `onnx_graph.py` can write as a graph stands here. Knows nothing of training.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from exporters.labels import LABELS, Head

HEAD_WIDTH = 64
"""Width of an attention head: smaller ones are slow in ONNX Runtime."""

NORM_EPSILON = 1e-5
GRAM_DROPOUT = 0.4

# N-grams of token ids are hashed as (a*x + b*y + c*z) mod buckets. With ids below 2**14 the sum
# stays below 2**31, so the graph can use int32.
MULTIPLIERS = ((40_503, 0, 0), (30_011, 40_009, 0), (20_011, 39_989, 40_487))
MAX_VOCABULARY = 1 << 14


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network; the bag is a table of hashed n-grams."""

    vocabulary: int
    layers: int = 2
    width: int = 256
    feed_forward: int = 512
    max_tokens: int = 128
    bag_buckets: int = 65_536
    bag_width: int = 64
    mixed_tokens: int = 3
    """Neighbours, itself included, that each token is mixed with before the layers."""
    head_hidden: int = 128
    dropout: float = 0.2

    @property
    def heads(self) -> int:
        """Attention heads."""
        return max(1, self.width // HEAD_WIDTH)

    @property
    def pooled(self) -> int:
        """Width of what the message heads read."""
        return 2 * self.width + self.bag_width


class Layer(nn.Module):
    """Attention and feed-forward, each added to its input and normalised (post-LN)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.dropout = shape.heads, shape.dropout
        self.qkv = nn.Linear(shape.width, 3 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.norm_attention = nn.LayerNorm(shape.width, NORM_EPSILON)
        self.up = nn.Linear(shape.width, shape.feed_forward)
        self.down = nn.Linear(shape.feed_forward, shape.width)
        self.norm_out = nn.LayerNorm(shape.width, NORM_EPSILON)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """New states; `mask` [B,1,1,S] is True at real tokens."""
        attended = self.out(self._attend(states, mask))
        states = self.norm_attention(states + self._drop(attended))
        grown = self.down(functional.gelu(self.up(states), approximate="tanh"))
        return self.norm_out(states + self._drop(grown))  # type: ignore[no-any-return]

    def _attend(self, states: Tensor, mask: Tensor) -> Tensor:
        batch, length, width = states.shape
        parts = self.qkv(states).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return mixed.transpose(1, 2).reshape(batch, length, width)

    def _drop(self, states: Tensor) -> Tensor:
        return channel_dropout(states, self.dropout, self.training)


def channel_dropout(states: Tensor, share: float, training: bool) -> Tensor:
    """Leaves out the same channels at every token of a message: a tenth of the cost."""
    if not training:
        return states
    kept = torch.rand(len(states), 1, states.shape[2], device=states.device) >= share
    return states * (kept / (1 - share))


class Mixing(nn.Module):
    """Each token with its neighbours, added to it: what a span starts and ends with is near."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.reach = shape.mixed_tokens // 2
        self.mix = nn.Linear(shape.mixed_tokens * shape.width, shape.width)
        self.norm = nn.LayerNorm(shape.width, NORM_EPSILON)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """New states; `mask` [B,S] is True at real tokens."""
        mixed = self.mix(neighbours(states * mask[..., None], self.reach))
        normed: Tensor = self.norm(states + functional.relu(mixed))
        return normed


def neighbours(states: Tensor, reach: int) -> Tensor:
    """States [B,S,W] of the tokens around each, side by side [B,S,(2*reach+1)*W]; 0 outside."""
    length = states.shape[1]
    padded = functional.pad(states, (0, 0, reach, reach))
    return torch.cat([padded[:, at : at + length] for at in range(2 * reach + 1)], 2)


class MessageHead(nn.Module):
    """Logits of a message from its pooled states."""

    def __init__(self, shape: Shape, labels: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(shape.pooled, shape.head_hidden)
        self.out = nn.Linear(shape.head_hidden, labels)
        self.dropout = shape.dropout

    def forward(self, pooled: Tensor) -> Tensor:
        """Logits [B, labels]."""
        hidden = torch.tanh(self.hidden(pooled))
        return self.out(functional.dropout(hidden, self.dropout, self.training))  # type: ignore[no-any-return]


class Network(nn.Module):
    """Ids [B,S] (padded with 0) and lengths [B] to the logits of every head."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        if shape.vocabulary > MAX_VOCABULARY:
            raise ValueError(f"vocabulary: {shape.vocabulary}: at most {MAX_VOCABULARY}")
        self.shape = shape
        self.tokens = nn.Embedding(shape.vocabulary, shape.width, sparse=True)
        self.positions = nn.Embedding(shape.max_tokens, shape.width)
        self.norm_input = nn.LayerNorm(shape.width, NORM_EPSILON)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.bag = nn.Embedding(shape.bag_buckets, shape.bag_width, sparse=True)
        self.norm_bag = nn.LayerNorm(shape.bag_width, NORM_EPSILON)
        self.grams_in = nn.Linear(shape.bag_width, shape.width, bias=False)
        self.mixing = Mixing(shape)
        self.message_heads = nn.ModuleDict(
            {head: MessageHead(shape, len(LABELS[head])) for head in message_heads()}
        )
        self.tag_head = nn.Linear(shape.width, len(LABELS["tags"]))
        self.apply(_initialise)

    def forward(self, ids: Tensor, lengths: Tensor) -> dict[str, Tensor]:
        """Logits by head: message heads [B, labels], `tags` [B, S, tags]."""
        return self.answers(*self.read(ids, lengths))

    def read(self, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """States of the tokens [B,S,width] and of the message [B,pooled]."""
        mask = real_tokens(ids, lengths)
        grams = self._grams(ids)
        states = self._encoded(ids, grams, mask)
        share = (mask / lengths[:, None])[..., None]
        parts = [states[:, 0], (states * share).sum(1), self._bag(grams, share)]
        return states, torch.cat(parts, 1)

    def answers(self, states: Tensor, pooled: Tensor) -> dict[str, Tensor]:
        """Logits of what was read."""
        kept = functional.dropout(pooled, self.shape.dropout, self.training)
        logits = {name: head(kept) for name, head in self.message_heads.items()}
        logits["tags"] = self.tag_head(states)
        return logits

    def _grams(self, ids: Tensor) -> Tensor:
        first, second, third = hashed_grams(ids, self.shape.bag_buckets)
        places = torch.stack([first, second, third], 2).flatten(0, 1)
        summed = functional.embedding_bag(places, self.bag.weight, mode="sum", sparse=True)
        return summed.view(*ids.shape, self.shape.bag_width)

    def _bag(self, grams: Tensor, share: Tensor) -> Tensor:
        if self.training:  # leaves out whole n-grams, so that none is relied on
            kept = torch.rand(grams.shape[:2], device=grams.device) >= GRAM_DROPOUT
            grams = grams * kept[..., None]
        pooled: Tensor = self.norm_bag((grams * share).sum(1))
        return pooled

    def _encoded(self, ids: Tensor, grams: Tensor, mask: Tensor) -> Tensor:
        places = torch.arange(ids.shape[1], device=ids.device)
        summed = self.tokens(ids) + self.positions(places) + self.grams_in(grams)
        normed = self.norm_input(summed)
        dropped = channel_dropout(normed, self.shape.dropout, self.training)
        states: Tensor = self.mixing(dropped, mask)
        attended = mask[:, None, None, :]
        for layer in self.layers:
            states = layer(states, attended)
        return states


def real_tokens(ids: Tensor, lengths: Tensor) -> Tensor:
    """Mask [B,S] of what is not padding."""
    return torch.arange(ids.shape[1], device=ids.device)[None, :] < lengths[:, None]


def message_heads() -> tuple[Head, ...]:
    """Heads of the whole message: all but the tags."""
    return tuple(head for head in LABELS if head != "tags")


def hashed_grams(ids: Tensor, buckets: int) -> list[Tensor]:
    """Buckets of the uni-, bi- and trigram that start at each token; beyond the end is 0."""
    padded = functional.pad(ids, (0, 2))
    first, second, third = padded[:, :-2], padded[:, 1:-1], padded[:, 2:]
    return [
        (first * one + second * two + third * three) % buckets for one, two, three in MULTIPLIERS
    ]


def _initialise(module: nn.Module) -> None:
    deviation = 0.02
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=deviation)
