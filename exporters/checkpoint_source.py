"""Hugging Face checkpoints as graphs of a bundle, and the silent graph of the heads they lack."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from consumer.inference.heads import Outputs
from consumer.inference.manifest import OUTSIDE, Variant
from consumer.inference.model import padded
from consumer.inference.prepared import Prepared
from exporters.hugging_face import Checkpoint, read_checkpoint
from exporters.labels import LABELS, OUTPUTS, Head
from exporters.model_source import HEADS, SILENT, Labels, ModelSource, SourceGraph
from exporters.onnx_graph import IR_VERSION, OPSET
from exporters.problems import SettingError
from exporters.variants import variant_of

_SURE = 8.0
_SAID: dict[Head, str] = {"sentiment": "neutral", "tags": OUTSIDE}
"""What the silent graph says; of other heads every label alike, and no anger."""


def source_of_checkpoints(names: Mapping[Head, str]) -> ModelSource:
    """One graph a checkpoint; they must share a tokenizer. Raises `SettingError`."""
    checkpoints = [read_checkpoint(name, head) for head, name in names.items()]
    first = checkpoints[0]
    for one in checkpoints[1:]:
        if one.tokenizer_file != first.tokenizer_file:
            rule = f"a bundle has one tokenizer: that of {first.head}"
            raise SettingError("SOURCE", names[one.head], rule)
    graphs = [_graph_of(one) for one in checkpoints]
    missing = {head: LABELS[head] for head in HEADS if head not in names}
    if missing:
        graphs.append(silent_graph(missing))
    return ModelSource(
        graphs=tuple(graphs),
        tokenizer_file=first.tokenizer_file,
        max_tokens=min(one.max_tokens for one in checkpoints),
        record={"checkpoints": dict(names)},
    )


def _graph_of(checkpoint: Checkpoint) -> SourceGraph:
    return SourceGraph(
        name=checkpoint.head,
        labels={checkpoint.head: checkpoint.labels},
        run=partial(_run, checkpoint),
        content=_remembering(partial(traced, checkpoint)),
    )


def _run(checkpoint: Checkpoint, batch: Sequence[Prepared]) -> Outputs:
    ids, lengths = padded(batch)
    with torch.inference_mode():
        logits = checkpoint.classifier(torch.from_numpy(ids), torch.from_numpy(lengths))
    return {checkpoint.output: logits.numpy()}


def _remembering(trace: Callable[[], onnx.ModelProto]) -> Callable[[Variant], bytes]:
    """Variants of one trace, because tracing takes longest."""
    found: list[onnx.ModelProto] = []

    def content(variant: Variant) -> bytes:
        if not found:
            found.append(trace())
        return variant_of(found[0], variant)

    return content


def traced(checkpoint: Checkpoint) -> onnx.ModelProto:
    """The checkpoint's graph in fp32, for any number of rows and tokens."""
    free = torch.export.Dim.DYNAMIC
    example = (torch.full((2, 5), 5, dtype=torch.int32), torch.tensor([5, 4], dtype=torch.int32))
    program = torch.onnx.export(
        checkpoint.classifier,
        example,
        input_names=["ids", "lengths"],
        output_names=[checkpoint.output],
        opset_version=OPSET,
        dynamo=True,
        dynamic_shapes=({0: free, 1: free}, {0: free}),
        verbose=False,
    )
    if program is None:  # it returns none only where it writes a file
        raise SettingError(f"--checkpoint {checkpoint.head}", "no graph", "a model to trace")
    model: onnx.ModelProto = program.model_proto
    _name_axes(model)
    return model


def _name_axes(model: onnx.ModelProto) -> None:
    """The names that every graph of the service has."""
    for value in (*model.graph.input, *model.graph.output):
        for axis, name in zip(value.type.tensor_type.shape.dim, ("rows", "tokens"), strict=False):
            if axis.dim_param:
                axis.dim_param = name
    del model.graph.value_info[:]


def silent_graph(labels: Labels) -> SourceGraph:
    """Answers the same whatever is asked: the logits of `_SAID`."""
    said = {head: _constant(head, names) for head, names in labels.items()}

    def run(batch: Sequence[Prepared]) -> Outputs:
        ids, _ = padded(batch)
        rows, tokens = ids.shape
        return {
            OUTPUTS[head]: np.broadcast_to(
                one, (rows, tokens, len(one)) if head == "tags" else (rows, len(one))
            )
            for head, one in said.items()
        }

    return SourceGraph(SILENT, labels, run, lambda _variant: _silent_bytes(said))


def _constant(head: Head, labels: Sequence[str]) -> np.ndarray:
    if head == "anger":
        return np.full(len(labels), -_SURE, np.float32)
    return np.array([_SURE * (label == _SAID.get(head)) for label in labels], np.float32)


def _silent_bytes(said: Mapping[Head, np.ndarray]) -> bytes:
    """`lengths` (and `ids`, for tags) times nothing, plus the constant."""
    nodes, constants, outputs = [], [], []
    for head, one in said.items():
        source = "ids" if head == "tags" else "lengths"
        axes = ["rows", "tokens"] if head == "tags" else ["rows"]
        constants += [
            numpy_helper.from_array(one, f"{head}_said"),
            numpy_helper.from_array(np.array([len(axes)], np.int64), f"{head}_axis"),
        ]
        nodes += [
            helper.make_node("Sub", [source, source], [f"{head}_nothing"]),
            helper.make_node("Cast", [f"{head}_nothing"], [f"{head}_zero"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", [f"{head}_zero", f"{head}_axis"], [f"{head}_wide"]),
            helper.make_node("Add", [f"{head}_wide", f"{head}_said"], [OUTPUTS[head]]),
        ]
        shape: list[str | int | None] = [*axes, len(one)]
        outputs.append(helper.make_tensor_value_info(OUTPUTS[head], TensorProto.FLOAT, shape))
    inputs = [helper.make_tensor_value_info("lengths", TensorProto.INT32, ["rows"])]
    if "tags" in said:
        inputs.insert(
            0, helper.make_tensor_value_info("ids", TensorProto.INT32, ["rows", "tokens"])
        )
    graph = helper.make_graph(nodes, SILENT, inputs, outputs, constants)
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="chat-models",
    )
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content
