"""Cuts a window of texts into runs of little padding. Pure: sees lengths only."""

from collections.abc import Sequence


def cut(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Indices of `lengths` in runs, shortest first; each index stands in exactly one.

    A run's padded size, rows times longest, stays within `budget` tokens; a text that is longer
    than the budget runs alone.
    """
    runs: list[list[int]] = []
    current: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if current and (len(current) + 1) * lengths[index] > budget:
            runs.append(current)
            current = []
        current.append(index)
    if current:
        runs.append(current)
    return runs
