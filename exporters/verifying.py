"""Holds graphs on disk against the model that they were made from, rule by rule."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import onnx

from consumer.inference.manifest import Variant
from consumer.inference.model import padded
from consumer.inference.session import GraphSession
from exporters.bundling import file_of
from exporters.labels import OUTPUTS
from exporters.model_source import ModelSource, SourceGraph
from exporters.parity import LEAST_AGREEMENT, compare
from exporters.problems import SettingError

FUSED_ON_GPU_ONLY = "SkipLayerNormalization"
"""Slower on a CPU than the Add and LayerNormalization that it stands for."""

_AXES = ["rows", "tokens"]
_DETERMINISTIC_TEXTS = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule, what was found of it in a graph, and whether it holds."""

    graph: str
    variant: Variant
    rule: str
    found: str
    holds: bool


def verify(source: ModelSource, folder: Path, texts: Sequence[str]) -> list[Finding]:
    """Findings of every variant in the folder; raises `SettingError` where there is none."""
    findings: list[Finding] = []
    for graph in source.graphs:
        for variant in get_args(Variant):
            path = folder / file_of(graph.name, variant)
            if path.exists():
                content = path.read_bytes()
                findings += _findings(source, graph, variant, content, texts)
    if not findings:
        names = ", ".join(one.name for one in source.graphs)
        raise SettingError("--graphs", folder, f"graphs of {names}, as `export` names them")
    return findings


def _findings(
    source: ModelSource,
    graph: SourceGraph,
    variant: Variant,
    content: bytes,
    texts: Sequence[str],
) -> Iterator[Finding]:
    model = onnx.load_from_string(content)
    names = sorted(one.name for one in model.graph.output)
    wanted = sorted(OUTPUTS[head] for head in graph.labels)
    yield Finding(graph.name, variant, "outputs", ", ".join(names), names == wanted)
    axes = _free_axes(model)
    yield Finding(graph.name, variant, "free axes", ", ".join(axes), set(axes) <= {*_AXES})
    if variant != "cuda-fp16":
        fused = sum(node.op_type == FUSED_ON_GPU_ONLY for node in model.graph.node)
        yield Finding(graph.name, variant, f"no {FUSED_ON_GPU_ONLY}", str(fused), not fused)
    same = _says_the_same(source, content, texts[:_DETERMINISTIC_TEXTS])
    yield Finding(graph.name, variant, "two runs give the same bits", "", same)
    least = LEAST_AGREEMENT[variant]
    for one in compare(graph, content, source.tokenizer, texts):
        shown = f"{one.share:.2%} of {one.compared}, logits {one.largest_difference:.1e} apart"
        rule = f"{one.head}: {least:.1%} of the labels"
        yield Finding(graph.name, variant, rule, shown, one.share >= least)


def _free_axes(model: onnx.ModelProto) -> list[str]:
    """Names of the axes that are not fixed."""
    return sorted(
        {
            axis.dim_param
            for value in (*model.graph.input, *model.graph.output)
            for axis in value.type.tensor_type.shape.dim
            if axis.dim_param
        }
    )


def _says_the_same(source: ModelSource, content: bytes, texts: Sequence[str]) -> bool:
    batch = padded(source.tokenizer.encode_batch(texts))
    one, other = (GraphSession(content, "cpu").run(*batch) for _ in range(2))
    return all(np.array_equal(one[name], other[name]) for name in one)
