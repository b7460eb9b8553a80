"""The model port, and the model of a bundle: texts in, predictions out.

Knows nothing of Kafka, batching windows or routing.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from consumer.contract.decision import ModelRef
from consumer.inference.faults import Unusable
from consumer.inference.heads import Heads, Outputs
from consumer.inference.manifest import Manifest, Thresholds
from consumer.inference.prepared import Prepared
from consumer.inference.session import GraphSession
from consumer.inference.tokenizer import TextTokenizer
from consumer.records import Prediction

Inferred = Prediction | Unusable


class Model(Protocol):
    """What the pipeline asks of a model. All methods may be called from several threads."""

    @property
    def refs(self) -> tuple[ModelRef, ...]:
        """Who decides, for the decision's `models`."""
        ...

    @property
    def provider(self) -> str:
        """Execution provider that runs."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that it was trained on."""
        ...

    @property
    def intents(self) -> tuple[str, ...]:
        """Subjects that it can name."""
        ...

    @property
    def thresholds(self) -> Mapping[str, Thresholds]:
        """Bounds by head, of those that have any."""
        ...

    def prepare(self, texts: Sequence[str]) -> list[Prepared]:
        """Canonicalises and tokenises; one result for each text, in order."""
        ...

    def infer(self, batch: Sequence[Prepared]) -> list[Inferred]:
        """One padded run; one result for each text, in order.

        Raises `ModelInputFault` where the data may be at fault, `EnvironmentFault` where not.
        """
        ...


class BundleModel:
    """A loaded bundle. `open_bundle` makes it, checked and warm."""

    def __init__(
        self,
        manifest: Manifest,
        tokenizer: TextTokenizer,
        sessions: Sequence[GraphSession],
        refs: tuple[ModelRef, ...],
        length_step: int = 1,
    ) -> None:
        self.manifest, self.refs = manifest, refs
        self._tokenizer, self._sessions = tokenizer, tuple(sessions)
        self._heads = Heads(manifest.tasks)
        self._nothing_known = self._heads.nothing_known()
        self._length_step = length_step

    @property
    def provider(self) -> str:
        """Execution provider of all its graphs."""
        return self._sessions[0].provider

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the manifest."""
        return self.manifest.languages

    @property
    def intents(self) -> tuple[str, ...]:
        """Labels of the intent head."""
        return self.manifest.tasks.intent.labels

    @property
    def thresholds(self) -> Mapping[str, Thresholds]:
        """Bounds by head, of those that have any."""
        named = self.manifest.tasks.named()
        return {name: task.thresholds for name, task in named if task.thresholds is not None}

    def prepare(self, texts: Sequence[str]) -> list[Prepared]:
        """Canonicalises and tokenises."""
        return self._tokenizer.encode_batch(texts)

    def infer(self, batch: Sequence[Prepared]) -> list[Inferred]:
        """One padded run of each graph. Texts without content are answered without a run."""
        full = [prepared for prepared in batch if "no_content" not in prepared.flaws]
        if len(full) == len(batch):
            return self._run(full) if full else []
        found = iter(self._run(full)) if full else iter(())
        return [
            self._nothing_known if "no_content" in prepared.flaws else next(found)
            for prepared in batch
        ]

    def _run(self, batch: Sequence[Prepared]) -> list[Inferred]:
        ids, lengths = padded(batch, self._length_step, self.manifest.max_tokens)
        outputs: Outputs = {}
        for session in self._sessions:
            outputs.update(session.run(ids, lengths))
        return self._heads.predictions(batch, lengths, outputs)


def padded(
    batch: Sequence[Prepared], length_step: int = 1, max_tokens: int = 0
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Ids [rows, longest], padded with 0, and lengths [rows].

    On a GPU the width is rounded up to `length_step`, so that memory sees few shapes.
    """
    sizes = [one.length for one in batch]
    rows, longest, total = len(sizes), max(sizes), sum(sizes)
    width = -(-longest // length_step) * length_step
    width = max(longest, min(width, max_tokens or width))
    lengths = np.array(sizes, np.int32)
    flat = np.fromiter(chain.from_iterable([one.ids for one in batch]), np.int32, total)
    if total == rows * width:
        return flat.reshape(rows, width), lengths
    ids = np.zeros((rows, width), np.int32)
    ids[np.arange(width) < lengths[:, None]] = flat
    return ids, lengths
