"""A schedule of kills, drawn from a seed, and the tally of what each of them met."""

import random
from collections import Counter
from dataclasses import dataclass, field

RANDOM = "random"
TRANSACTION = "transaction"
RESTORE = "restore"
REBALANCE = "rebalance"

POINTS = {
    TRANSACTION: ("transaction_begun", "after_produce", "after_send_offsets"),
    RESTORE: ("mid_restore",),
    REBALANCE: ("in_on_assign", "in_on_revoke"),
}
# Half of a schedule is left to chance; the other half is directed, so that nothing is missed.
_DIRECTED = (TRANSACTION, RESTORE, REBALANCE, TRANSACTION, RESTORE)
MIX = tuple(kind for directed in _DIRECTED for kind in (RANDOM, directed))


def schedule(chance: random.Random, kills: int) -> list[str]:
    """So many kinds of kills, in the mix's shares and in random order."""
    kinds = [MIX[number % len(MIX)] for number in range(kills)]
    chance.shuffle(kinds)
    return kinds


def met_by(landmark: str) -> str:
    """What a process was doing that has passed this landmark last."""
    for name, points in POINTS.items():
        if landmark in points:
            return name
    # Between two partitions of one takeover, inside the callback.
    return REBALANCE if landmark == "restored" else "between"


@dataclass(slots=True)
class Tally:
    """What the kills met."""

    landmarks: Counter[str] = field(default_factory=Counter)
    lags: list[int] = field(default_factory=list)
    stops: int = 0

    def count(self, landmark: str, lag: int) -> None:
        """One more kill."""
        self.landmarks[landmark or "starting"] += 1
        self.lags.append(lag)

    @property
    def kills(self) -> int:
        """So far."""
        return self.landmarks.total()

    def met(self, what: str) -> int:
        """How many kills fell into it."""
        return sum(n for landmark, n in self.landmarks.items() if met_by(landmark) == what)

    def __str__(self) -> str:
        rows = {
            "kills (SIGKILL)": self.kills,
            "  in an open transaction": self.met(TRANSACTION),
            "  in a restore": self.met(RESTORE),
            "  in a rebalance callback": self.met(REBALANCE),
            "  elsewhere": self.met("between"),
            "with unread input": sum(lag > 0 for lag in self.lags),
            "smallest lag at a kill": min(self.lags, default=0),
            "clean stops between": self.stops,
        }
        last = ", ".join(f"{name} {count}" for name, count in self.landmarks.most_common())
        return "\n".join([*(f"{k:<26}{v:>8,}" for k, v in rows.items()), f"last landmarks: {last}"])
