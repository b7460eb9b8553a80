"""What can become a bundle: graphs with the heads they answer, and one tokenizer for all.

A finished run is one graph of five heads; checkpoints are one graph each, with a silent graph for
the heads that none of them has.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from consumer.inference.heads import Outputs
from consumer.inference.manifest import Variant
from consumer.inference.prepared import Prepared
from consumer.inference.tokenizer import TextTokenizer
from exporters.bundle_tasks import GRAPH
from exporters.labels import LABELS, Head
from exporters.problems import SettingError
from exporters.run_folder import TOKENIZER_FILE, RunFolder
from exporters.torch_model import run_network
from exporters.variants import graph_bytes

Labels = Mapping[Head, tuple[str, ...]]
SILENT = "silent"
"""Name of the graph that always says the same."""

HEADS: tuple[Head, ...] = ("category", "intent", "sentiment", "anger", "tags")


@dataclass(frozen=True, slots=True)
class SourceGraph:
    """One graph: the labels of its heads, what PyTorch says of a batch, and its file's bytes."""

    name: str
    labels: Labels
    run: Callable[[Sequence[Prepared]], Outputs]
    content: Callable[[Variant], bytes]


@dataclass(frozen=True, slots=True)
class ModelSource:
    """All graphs of a bundle to be."""

    graphs: tuple[SourceGraph, ...]
    tokenizer_file: bytes
    max_tokens: int
    record: Mapping[str, object]
    """What a run tells of itself; empty for checkpoints."""

    @property
    def tokenizer(self) -> TextTokenizer:
        """The tokenizer as the service will use it."""
        return TextTokenizer(self.tokenizer_file, self.max_tokens)

    @property
    def labels(self) -> Labels:
        """Labels of every head."""
        return {head: one.labels[head] for one in self.graphs for head in one.labels}

    @property
    def graph_of(self) -> Mapping[Head, str]:
        """Graph of every head."""
        return {head: one.name for one in self.graphs for head in one.labels}


def source_of_run(run: RunFolder) -> ModelSource:
    """The graph of a finished run."""
    network = run.network()
    graph = SourceGraph(
        name=GRAPH,
        labels=LABELS,
        run=partial(run_network, network),
        content=partial(graph_bytes, network),
    )
    # Without its indentation, which is a third of the file.
    tokenizer = msgspec.json.format((run.path / TOKENIZER_FILE).read_bytes(), indent=-1)
    return ModelSource((graph,), tokenizer, network.shape.max_tokens, run.read_record())


def read_source(names: Sequence[str]) -> ModelSource:
    """A run's folder, or checkpoints as `head=folder-or-hub-name`."""
    from pathlib import Path

    if len(names) == 1 and "=" not in names[0]:
        return source_of_run(RunFolder(Path(names[0])))
    from exporters.checkpoint_source import source_of_checkpoints

    return source_of_checkpoints(dict(_pair(one) for one in names))


def _pair(name: str) -> tuple[Head, str]:
    head, _, checkpoint = name.partition("=")
    for known in HEADS:
        if head == known and checkpoint:
            return known, checkpoint
    rule = f"a run's folder, or HEAD=CHECKPOINT with HEAD one of {', '.join(HEADS)}"
    raise SettingError("SOURCE", name, rule)
