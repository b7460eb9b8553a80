"""The optimisers of a network: one for its matrices, one for its tables, which change sparsely."""

from typing import Any, Literal

import torch
from torch import nn

OptimiserName = Literal["adamw", "sgd"]
BETAS = (0.9, 0.98)
MOMENTUM = 0.9
MAX_GRADIENT = 1.0
TABLE_RATE = 20.0
"""Times the rate of the matrices: a table's row is seen seldom and has to learn at once."""

_ANY_RATE = 1e-3
"""Each step sets its own."""


class Optimisers:
    """Steps both; gradients of the matrices are clipped, tables have sparse ones."""

    def __init__(self, modules: nn.ModuleList, kind: OptimiserName, decay: float) -> None:
        tables = [
            one.weight for one in modules.modules() if isinstance(one, nn.Embedding) and one.sparse
        ]
        matrices = [one.weight for one in modules.modules() if isinstance(one, nn.Linear)]
        named = {id(one) for one in (*tables, *matrices)}
        free = [one for one in modules.parameters() if id(one) not in named]
        self._dense = [*matrices, *free]
        self._tables = torch.optim.SparseAdam(tables, lr=_ANY_RATE, betas=BETAS)
        self._matrices = _dense_optimiser(matrices, free, kind, decay)

    def step(self, loss: torch.Tensor, rate: float, largest: float) -> None:
        """One step along the loss's gradient, clipped to `largest`."""
        for optimiser in (self._tables, self._matrices):
            optimiser.zero_grad(set_to_none=True)
            factor = TABLE_RATE if optimiser is self._tables else 1.0
            for group in optimiser.param_groups:
                group["lr"] = rate * factor
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._dense, largest)
        self._tables.step()  # type: ignore[no-untyped-call]
        self._matrices.step()

    def state_dict(self) -> dict[str, object]:
        """Both states, for a checkpoint."""
        return {"tables": self._tables.state_dict(), "matrices": self._matrices.state_dict()}

    def load_state_dict(self, saved: dict[str, dict[str, object]]) -> None:
        """The other way round."""
        self._tables.load_state_dict(saved["tables"])
        self._matrices.load_state_dict(saved["matrices"])


def _dense_optimiser(
    matrices: list[torch.Tensor], free: list[nn.Parameter], kind: OptimiserName, decay: float
) -> torch.optim.Optimizer:
    """Decay for matrices only: not for biases and norms."""
    groups: list[dict[str, Any]] = [
        {"params": matrices, "weight_decay": decay},
        {"params": free, "weight_decay": 0.0},
    ]
    if kind == "sgd":
        return torch.optim.SGD(groups, lr=_ANY_RATE, momentum=MOMENTUM, nesterov=True)
    return torch.optim.AdamW(groups, lr=_ANY_RATE, betas=BETAS, fused=True)
