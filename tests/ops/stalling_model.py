"""The real models, and a file that makes them hang for as long as it is there."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from consumer.contract.decision import ModelRef
from consumer.inference.manifest import Thresholds
from consumer.inference.model import Inferred, Model
from consumer.inference.opening import open_bundle
from consumer.inference.prepared import Prepared

LOOK_S = 0.05


class StallingModel:
    """Passes everything on, but waits while the file exists."""

    def __init__(self, inner: Model, stall: Path) -> None:
        self._inner = inner
        self._stall = stall

    @property
    def refs(self) -> tuple[ModelRef, ...]:
        return self._inner.refs

    @property
    def provider(self) -> str:
        return self._inner.provider

    @property
    def languages(self) -> tuple[str, ...]:
        return self._inner.languages

    @property
    def intents(self) -> tuple[str, ...]:
        return self._inner.intents

    @property
    def thresholds(self) -> Mapping[str, Thresholds]:
        return self._inner.thresholds

    def prepare(self, texts: Sequence[str]) -> list[Prepared]:
        return self._inner.prepare(texts)

    def infer(self, batch: Sequence[Prepared]) -> list[Inferred]:
        while self._stall.exists():
            threading.Event().wait(LOOK_S)
        return self._inner.infer(batch)


def open_stalling(bundle: Path, stall: Path) -> Model:
    """A module-level function, so that an isolated child can."""
    return StallingModel(open_bundle(bundle, "cpu"), stall)
