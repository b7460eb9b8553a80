"""One bad text costs one text: finds those that make a run fail, by halving the batch.

Faults of the environment pass through: no text is to blame for them.
"""

from collections.abc import Sequence

from consumer.inference.faults import EnvironmentFault, Unusable
from consumer.inference.model import Inferred, Model
from consumer.inference.prepared import Prepared


def infer_isolating(model: Model, batch: Sequence[Prepared]) -> list[Inferred]:
    """Results of a batch, in order; a text that fails alone, twice, is `Unusable`."""
    try:
        return model.infer(batch)
    except (EnvironmentFault, MemoryError):
        raise
    except Exception:  # whatever a model raises, its neighbours must not pay for it
        if len(batch) == 1:
            return [_second_chance(model, batch)]
    half = len(batch) // 2
    return infer_isolating(model, batch[:half]) + infer_isolating(model, batch[half:])


def _second_chance(model: Model, single: Sequence[Prepared]) -> Inferred:
    try:
        return model.infer(single)[0]
    except (EnvironmentFault, MemoryError):
        raise
    except Exception as error:
        return Unusable("model_input", type(error).__name__)
