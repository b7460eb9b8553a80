"""Models for a child process: short of memory, told to end, and one that does not open."""

import os
import signal
from collections.abc import Sequence

from consumer.inference.faults import EnvironmentFault
from consumer.inference.model import Inferred
from consumer.inference.prepared import Prepared
from tests.service.marked_model import MarkedModel


class ModelWithoutMemory(MarkedModel):
    """Has no device to run on."""

    def infer(self, batch: Sequence[Prepared]) -> list[Inferred]:
        raise EnvironmentFault


class ModelToldToEnd(MarkedModel):
    """Somebody ends its process while it works."""

    def infer(self, batch: Sequence[Prepared]) -> list[Inferred]:
        os.kill(os.getpid(), signal.SIGTERM)
        return super().infer(batch)


def open_without_memory() -> ModelWithoutMemory:
    return ModelWithoutMemory()


def open_told_to_end() -> ModelToldToEnd:
    return ModelToldToEnd()


def open_never() -> MarkedModel:
    raise EnvironmentFault
