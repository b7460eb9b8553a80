"""A text ready for the models. A value; what it holds is made in `tokenizer.py`."""

from collections.abc import Callable

from msgspec import Struct

from consumer.inference.canonical import Canonical

Offsets = list[tuple[int, int]]


class Prepared(Struct, frozen=True):
    """Token ids of one text, with the special tokens, and what to say of its preparation.

    `offsets` gives the stretch of the canonical text of each token after the first special one;
    it is called only where an entity was tagged, because it costs more than the ids.
    `flaws` are degraded reasons: `truncated`, `no_content`.
    """

    text: str
    canonical: Canonical
    ids: list[int]
    length: int
    offsets: Callable[[], Offsets]
    flaws: tuple[str, ...] = ()
