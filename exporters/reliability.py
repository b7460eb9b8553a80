"""How far probabilities can be trusted: calibration error, coverage, out-of-scope recall.

Numbers only; a chance is that of the label a model puts first.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Of equal mass (Nixon et al. 2019, "Measuring Calibration in Deep Learning")."""

Floats = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]


def calibration_error(chances: Floats, right: Flags, bins: int = BINS) -> float:
    """Mean distance of confidence and accuracy over bins with the same number of rows."""
    if not len(chances):
        return 0.0
    order = np.argsort(chances, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    gaps = [abs(chances[part].mean() - right[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(order))


def coverage_at(chances: Floats, right: Flags, precision: float) -> float:
    """Largest share of the rows, surest first, of which `precision` are right."""
    order = np.argsort(-chances, kind="stable")
    hits = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(hits >= precision)
    return float((enough[-1] + 1) / len(order)) if len(enough) else 0.0


def outside_recall(inside: Floats, outside: Floats, coverage: float) -> float:
    """Share of out-of-scope rows under the bound that keeps `coverage` of those in scope."""
    if not len(inside) or not len(outside):
        return 0.0
    bound = np.quantile(inside, 1 - coverage)
    return float((outside < bound).mean())


def share_kept(before: Sequence[str], after: Sequence[str]) -> float:
    """Share of the labels that a change of the text leaves as they were."""
    kept = sum(one == other for one, other in zip(before, after, strict=True))
    return kept / len(before) if before else 0.0
