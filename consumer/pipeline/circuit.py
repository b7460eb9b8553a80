"""When dead letters are too many to be single bad messages. Pure; reads and stops nothing.

A broken producer or a bug of ours would drain a whole partition into the dead letters. Beyond a
limit the partition is stopped instead, for people to look at, and tried again now and then.
"""

import sys

from msgspec import Struct


class CircuitLimits(Struct, frozen=True):
    """`consecutive` dead letters, or more than `ratio` of the last `window` records, are too many.

    After a stop as many as `probe` in a row are enough.
    """

    consecutive: int = 50
    ratio: float = 0.2
    window: int = 500
    probe: int = 10


NEVER_TRIPS = CircuitLimits(consecutive=sys.maxsize, ratio=1.0)


class Circuit(Struct, frozen=True, gc=False):
    """The dead letters of one partition, as places (from 1) in the sequence of its records.

    Good records cost nothing here: the caller counts them. `patience` is how many dead letters in a
    row are borne: fewer as long as it is not known whether a flood is over.
    """

    patience: int
    in_a_row: int = 0
    dead: tuple[int, ...] = ()

    def buried(self, place: int, limits: CircuitLimits) -> "Circuit":
        """With one more dead letter; a good record before it restores patience."""
        follows = place == (self.dead[-1] if self.dead else 0) + 1
        return Circuit(
            self.patience if follows else limits.consecutive,
            self.in_a_row + 1 if follows else 1,
            (*(at for at in self.dead if at > place - limits.window), place),
        )

    def tripped(self, limits: CircuitLimits) -> bool:
        """Whether the last dead letter was one too many."""
        if self.in_a_row >= self.patience:
            return True
        is_full = bool(self.dead) and self.dead[-1] >= limits.window
        return is_full and len(self.dead) > limits.ratio * limits.window
