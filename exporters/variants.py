"""Makes a graph's variants: fp32 and int8 for CPUs, fp16 for GPUs. Measures nothing."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
from onnx import TensorProto
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.float16 import convert_float_to_float16

from consumer.inference.manifest import Variant
from exporters.network import Network
from exporters.onnx_graph import EXACT_PREFIX, encoder_graph

QUANTISED = ["MatMul", "Attention"]
_OPTIONS = {"DefaultTensorType": TensorProto.FLOAT, "MatMulConstBOnly": True}
"""The types of contrib nodes are not inferred; means over tokens must stay exact."""


def graph_bytes(network: Network, variant: Variant) -> bytes:
    """The network's file for a variant."""
    if variant == "cpu-fp32":
        return _serialised(encoder_graph(network, int8_tables=False))
    model = encoder_graph(network, int8_tables=True)
    return _serialised(_int8(model) if variant == "cpu-int8" else _fp16(model))


def variant_of(model: onnx.ModelProto, variant: Variant) -> bytes:
    """A variant of somebody else's fp32 graph."""
    if variant == "cpu-fp32":
        return _serialised(model)
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    return _serialised(_int8(copied) if variant == "cpu-int8" else _fp16(copied))


def _int8(model: onnx.ModelProto) -> onnx.ModelProto:
    """Weights per channel in int8; activations are scaled as they come.

    What reads a GELU, the heads and the n-grams stay in fp32: they cost little, and int8 errs most
    there.
    """
    exact = [node.name for node in model.graph.node if node.name.startswith(EXACT_PREFIX)]
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
        onnx.save(model, before)
        with _no_advice():
            quantize_dynamic(
                before,
                after,
                op_types_to_quantize=QUANTISED,
                per_channel=True,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=exact,
                extra_options=_OPTIONS,
            )
        quantised: onnx.ModelProto = onnx.load(after)
    return quantised


@contextmanager
def _no_advice() -> Iterator[None]:
    """The quantiser advises on the root logger to fuse nodes that are fused already."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _fp16(model: onnx.ModelProto) -> onnx.ModelProto:
    """Weights and activations in fp16; inputs and outputs stay as they are."""
    halved: onnx.ModelProto = convert_float_to_float16(
        model, keep_io_types=True, disable_shape_infer=True
    )
    onnx.checker.check_model(halved)
    return halved


def _serialised(model: onnx.ModelProto) -> bytes:
    content: bytes = model.SerializeToString()
    return content
