"""Draws rows for an epoch and packs them into batches of like length. Trains nothing."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import torch

from consumer.inference.word_pieces import MASK, SPECIAL_TOKENS
from exporters.encoding import IGNORED, Example
from exporters.labels import ENTITY_TYPES
from exporters.rows import Row

MASKED_SHARE = 0.12
"""Share of the tokens hidden from the network while it learns, so that no word is relied on."""

MASK_ID = SPECIAL_TOKENS.index(MASK)
REREAD_FACTOR = 2
TAGS_ONLY_FACTOR = 3
"""Spans take longest to learn, and nothing else teaches those of their sources."""

LENGTH_JITTER_TOKENS = 4
"""Noise on the sorting key, so that batches differ from epoch to epoch."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded examples. `open_tags` holds 1 where an unmarked token may be of that type."""

    ids: torch.Tensor
    lengths: torch.Tensor
    choices: torch.Tensor
    anger: torch.Tensor
    tags: torch.Tensor
    open_tags: torch.Tensor
    weights: torch.Tensor
    weak: torch.Tensor
    taught: torch.Tensor


def draw_rows(
    own: Sequence[Row], public: Sequence[Row], count: int, share: float, rng: Random
) -> list[Row]:
    """`share` of own rows, each about equally often; public sources by the root of their size.

    Rows of a source that somebody read again count as a source of their own.
    """
    own_count = count if not public else min(count, round(count * share))
    drawn = [own[at] for at in _even_draw(len(own), own_count, rng)]
    by_source: dict[tuple[str, bool], list[Row]] = defaultdict(list)
    for row in public:
        by_source[row.source, row.reread].append(row)
    sources = sorted(by_source)
    weights = [math.sqrt(len(by_source[one])) * _factor(by_source[one][0]) for one in sources]
    if sources:
        chosen = rng.choices(sources, weights, k=count - own_count)
        drawn += [rng.choice(by_source[source]) for source in chosen]
    rng.shuffle(drawn)
    return drawn


def _factor(row: Row) -> int:
    """How much more often rows like this one are drawn."""
    if row.reread:
        return REREAD_FACTOR
    others = (row.category, row.intent, row.sentiment, row.anger)
    return TAGS_ONLY_FACTOR if row.spans and not any(others) else 1


def _even_draw(size: int, count: int, rng: Random) -> list[int]:
    drawn: list[int] = []
    while size and len(drawn) < count:
        drawn += rng.sample(range(size), min(size, count - len(drawn)))
    return drawn


def packed(
    examples: Sequence[Example], max_rows: int, max_tokens: int, rng: Random
) -> Iterator[Batch]:
    """Batches of like length within both bounds (padded tokens), in random order."""
    order = sorted(
        range(len(examples)),
        key=lambda at: len(examples[at].ids) + rng.random() * LENGTH_JITTER_TOKENS,
    )
    groups: list[list[Example]] = []
    longest = 0
    for at in order:
        example = examples[at]
        longest = max(longest, len(example.ids))
        full = groups and (
            len(groups[-1]) >= max_rows or longest * (len(groups[-1]) + 1) > max_tokens
        )
        if not groups or full:
            groups.append([])
            longest = len(example.ids)
        groups[-1].append(example)
    rng.shuffle(groups)
    for group in groups:
        yield collated(group)


def collated(examples: Sequence[Example]) -> Batch:
    """One batch of the examples, padded with 0 to the longest."""
    longest = max(len(one.ids) for one in examples)
    tags = [one.tags or [IGNORED] * len(one.ids) for one in examples]
    return Batch(
        ids=_padded([one.ids for one in examples], longest, 0),
        lengths=torch.tensor([len(one.ids) for one in examples]),
        choices=torch.tensor([one.choices for one in examples]),
        anger=torch.tensor([one.anger for one in examples], dtype=torch.float32),
        tags=_padded(tags, longest, IGNORED),
        open_tags=torch.tensor([_open_tags(one.marked_types) for one in examples]),
        weights=torch.tensor([one.weight for one in examples]),
        weak=torch.tensor([one.weak for one in examples]),
        taught=torch.tensor([one.taught for one in examples]),
    )


def hidden_at_random(ids: torch.Tensor) -> torch.Tensor:
    """Ids of a batch with some words masked; special tokens and padding stay."""
    words = ids >= len(SPECIAL_TOKENS)
    chosen = torch.rand(ids.shape) < MASKED_SHARE
    return ids.masked_fill(words & chosen, MASK_ID)


def _padded(rows: Sequence[list[int]], longest: int, filling: int) -> torch.Tensor:
    return torch.tensor([row + [filling] * (longest - len(row)) for row in rows])


def _open_tags(marked: frozenset[str]) -> list[bool]:
    """For `O` and each B- and I- tag: may a token that the source left unmarked be of it?"""
    return [True, *(name not in marked for name in ENTITY_TYPES for _ in "BI")]
