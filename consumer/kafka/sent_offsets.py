"""Which letters of one partition were sent back, so that it fits into a committed offset.

The offset is the first letter not sent; its metadata lists what was sent behind it, as pairs of
(gap, run) in hexadecimal. Replays with different filters thereby neither repeat nor lose a letter.
Example: offset 4 with `2-3` means that 0..3, 6, 7 and 8 were sent.
"""

from collections.abc import Iterable

# The broker's default offset.metadata.max.bytes is 4096.
MAX_METADATA_CHARACTERS = 4_000
_PAIR, _WITHIN = " ", "-"


class SentOffsets:
    """A set of offsets, as sorted ranges [start, end)."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._ranges: list[tuple[int, int]] = []
        for start, end in ranges:
            self.mark(start, end)

    @classmethod
    def read(cls, offset: int, metadata: str | None) -> "SentOffsets":
        """From a committed offset; a negative one means that nothing was sent.

        Raises:
            ValueError: the metadata is not ours.
        """
        sent = cls([(0, offset)] if offset > 0 else [])
        at = max(0, offset)
        for pair in (metadata or "").split():
            gap, run = (int(part, 16) for part in pair.split(_WITHIN))
            sent.mark(at + gap, at + gap + run)
            at += gap + run
        return sent

    @property
    def first_unsent(self) -> int:
        """The offset to commit."""
        return self._ranges[0][1] if self._ranges and self._ranges[0][0] == 0 else 0

    @property
    def metadata(self) -> str:
        """What to commit with it."""
        at, pairs = self.first_unsent, []
        for start, end in self._ranges:
            if start >= at:
                pairs.append(f"{start - at:x}{_WITHIN}{end - start:x}")
                at = end
        return _PAIR.join(pairs)

    def mark(self, start: int, end: int) -> None:
        """Adds [start, end)."""
        if start >= end:
            return
        kept = []
        for low, high in self._ranges:
            if high < start or low > end:
                kept.append((low, high))
            else:
                start, end = min(start, low), max(end, high)
        self._ranges = sorted([*kept, (start, end)])

    def __contains__(self, offset: int) -> bool:
        return any(start <= offset < end for start, end in self._ranges)
