"""Writes the network as an ONNX graph, node by node: exact control of what is fused.

No shape arithmetic: on a GPU those nodes would fall back to the CPU. Attention takes the lengths
as its mask. Quantising and halving are `variants.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from exporters.labels import LABELS, OUTPUTS
from exporters.network import MULTIPLIERS, NORM_EPSILON, Network, message_heads

OPSET = 18
CONTRIB = "com.microsoft"
IR_VERSION = 9
INT8_MAX = 127
EXACT_PREFIX = "exact_"
"""Names of the matrix products that are not quantised start with it: the heads and the n-grams."""

Array = NDArray[np.generic]


@dataclass(slots=True)
class GraphWriter:
    """Nodes and constants so far. Each method adds some and names its result."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, onnx.TensorProto] = field(default_factory=dict)

    def node(
        self,
        kind: str,
        inputs: Sequence[str],
        domain: str = "",
        output: str | None = None,
        **attributes: Any,
    ) -> str:
        """Adds a node with one output."""
        name = output or f"{kind.lower()}_{len(self.nodes)}"
        made = helper.make_node(
            kind, list(inputs), [name], name=f"{name}_node", domain=domain, **attributes
        )
        self.nodes.append(made)
        return name

    def constant(self, name: str, value: Array) -> str:
        """Adds a constant once."""
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.array(value, order="C"), name)
        return name

    def integers(self, *values: int, kind: type[np.integer] = np.int64) -> str:
        """A constant list of integers."""
        name = f"{np.dtype(kind).name}_" + "_".join(map(str, values))
        return self.constant(name, np.array(values, kind))

    def scalar(self, value: int) -> str:
        """A constant int32 without dimensions."""
        return self.constant(f"scalar_{value}", np.array(value, np.int32))


def encoder_graph(network: Network, int8_tables: bool) -> onnx.ModelProto:
    """The whole network as a checked fp32 model; with `int8_tables`, embeddings take a quarter."""
    writer = GraphWriter()
    _Writing(network, writer, int8_tables).everything()
    inputs = [
        helper.make_tensor_value_info("ids", TensorProto.INT32, ["rows", "tokens"]),
        helper.make_tensor_value_info("lengths", TensorProto.INT32, ["rows"]),
    ]
    outputs = [
        helper.make_tensor_value_info(
            OUTPUTS[head],
            TensorProto.FLOAT,
            ["rows", *(["tokens"] if head == "tags" else []), len(labels)],
        )
        for head, labels in LABELS.items()
    ]
    graph = helper.make_graph(
        writer.nodes, "encoder", inputs, outputs, list(writer.constants.values())
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
    model = helper.make_model(
        graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="chat-models"
    )
    onnx.checker.check_model(model)
    return model


class _Writing:
    """One network being written: weights come from it, nodes go to the writer."""

    def __init__(self, network: Network, writer: GraphWriter, int8_tables: bool) -> None:
        self._network, self._shape, self._to = network, network.shape, writer
        self._int8_tables = int8_tables
        self._weights = {
            name: value.detach().numpy() for name, value in network.state_dict().items()
        }

    def everything(self) -> None:
        """From the two inputs to the five outputs."""
        to = self._to
        same = to.node("Equal", ["ids", "ids"])
        ones = to.node("Cast", [same], to=TensorProto.INT32)
        counted = to.node("CumSum", [ones, to.scalar(1)])
        places = to.node("Sub", [counted, to.scalar(1)])
        grams = self._grams()
        states = to.node(
            "Add", [self._looked_up("tokens", "ids"), self._looked_up("positions", places)]
        )
        states = to.node("Add", [states, self._exact_product("grams_in", grams)])
        states = self._mixing(self._normalised("norm_input", states), places)
        for number in range(self._shape.layers):
            states = self._layer(f"layers.{number}", states)
        self._tags(states)
        pooled = self._pooled(states, grams, self._shares(places))
        for head in message_heads():
            self._message_head(head, pooled)

    def _looked_up(self, table: str, indices: str) -> str:
        weights = self._weights[f"{table}.weight"]
        to = self._to
        if not self._int8_tables:
            return to.node("Gather", [to.constant(f"{table}.weight", weights), indices])
        scales = np.maximum(np.abs(weights).max(1, keepdims=True), 1e-8) / INT8_MAX
        small = np.round(weights / scales).astype(np.int8)
        rows = to.node("Gather", [to.constant(f"{table}.int8", small), indices])
        scale = to.node("Gather", [to.constant(f"{table}.scale", scales), indices])
        return to.node("Mul", [to.node("Cast", [rows], to=TensorProto.FLOAT), scale])

    def _weight(self, name: str) -> str:
        return self._to.constant(name, self._weights[name])

    def _transposed(self, name: str) -> str:
        return self._to.constant(f"{name}.t", self._weights[name].T)

    def _normalised(self, name: str, states: str) -> str:
        inputs = [states, self._weight(f"{name}.weight"), self._weight(f"{name}.bias")]
        return self._to.node("LayerNormalization", inputs, axis=-1, epsilon=NORM_EPSILON)

    def _times(self, name: str, states: str) -> str:
        return self._to.node("MatMul", [states, self._transposed(f"{name}.weight")])

    def _mixing(self, states: str, places: str) -> str:
        """Each token with its neighbours; what is padding counts as nothing."""
        to, reach = self._to, self._shape.mixed_tokens // 2
        mask = to.node("Unsqueeze", [self._real(places), to.integers(2)])
        pads = to.integers(0, reach, 0, 0, reach, 0)
        padded = to.node("Pad", [to.node("Mul", [states, mask]), pads])
        around = [self._cut(padded, at, at - 2 * reach) for at in range(2 * reach + 1)]
        mixed = self._times("mixing.mix", to.node("Concat", around, axis=2))
        grown = to.node("Relu", [to.node("Add", [mixed, self._weight("mixing.mix.bias")])])
        return self._normalised("mixing.norm", to.node("Add", [grown, states]))

    def _cut(self, padded: str, start: int, end: int) -> str:
        """Tokens from `start` to `end`, which counts from the last; 0 is the last itself."""
        to = self._to
        bounds = [to.integers(start), to.integers(end or np.iinfo(np.int32).max), to.integers(1)]
        return to.node("Slice", [padded, *bounds])

    def _layer(self, name: str, states: str) -> str:
        to = self._to
        attention = [
            states,
            self._transposed(f"{name}.qkv.weight"),
            self._weight(f"{name}.qkv.bias"),
            "lengths",
        ]
        mixed = to.node("Attention", attention, CONTRIB, num_heads=self._shape.heads)
        mixed = to.node(
            "Add", [self._times(f"{name}.out", mixed), self._weight(f"{name}.out.bias")]
        )
        states = self._normalised(f"{name}.norm_attention", to.node("Add", [mixed, states]))
        grown = [self._times(f"{name}.up", states), self._weight(f"{name}.up.bias")]
        grown_states = to.node("FastGelu", grown, CONTRIB)
        down = self._dense(f"{name}.down", grown_states)  # exact: GELU leaves outliers to int8
        return self._normalised(f"{name}.norm_out", to.node("Add", [down, states]))

    def _tags(self, states: str) -> None:
        self._dense("tag_head", states, OUTPUTS["tags"])

    def _shares(self, places: str) -> str:
        """[rows, 1, tokens]: 1/length at real tokens, 0 at padding."""
        to = self._to
        lengths = to.node("Unsqueeze", ["lengths", to.integers(1)])
        counts = to.node("Cast", [lengths], to=TensorProto.FLOAT)
        shares = to.node("Div", [self._real(places), counts])
        return to.node("Unsqueeze", [shares, to.integers(1)])

    def _real(self, places: str) -> str:
        """[rows, tokens]: 1 at real tokens, 0 at padding."""
        to = self._to
        lengths = to.node("Unsqueeze", ["lengths", to.integers(1)])
        return to.node("Cast", [to.node("Less", [places, lengths])], to=TensorProto.FLOAT)

    def _pooled(self, states: str, grams: str, shares: str) -> str:
        to = self._to
        first = to.constant("first", np.array(0, np.int64))
        parts = [to.node("Gather", [states, first], axis=1), self._mean(states, shares)]
        parts.append(self._normalised("norm_bag", self._mean(grams, shares)))
        return to.node("Concat", parts, axis=1)

    def _mean(self, states: str, shares: str) -> str:
        summed = self._to.node("MatMul", [shares, states])
        return self._to.node("Squeeze", [summed, self._to.integers(1)])

    def _grams(self) -> str:
        """Sum of the table's rows of the three n-grams that start at each token."""
        to = self._to
        nothing = to.node("Sub", ["ids", "ids"])
        ending = [nothing, to.integers(0), to.integers(1), to.integers(1)]
        zero = to.node("Slice", ending)
        padded = to.node("Concat", ["ids", zero, zero], axis=1)
        tokens = [self._cut(padded, at, at - 2) for at in range(3)]
        looked_up = [self._looked_up("bag", self._hashed(tokens, each)) for each in MULTIPLIERS]
        return to.node("Add", [to.node("Add", looked_up[:2]), looked_up[2]])

    def _hashed(self, tokens: Sequence[str], multipliers: Sequence[int]) -> str:
        to = self._to
        total = ""
        for token, multiplier in zip(tokens, multipliers, strict=True):
            if multiplier:
                part = to.node("Mul", [token, to.scalar(multiplier)])
                total = to.node("Add", [total, part]) if total else part
        return to.node("Mod", [total, to.scalar(self._shape.bag_buckets)])

    def _message_head(self, head: str, pooled: str) -> None:
        to, name = self._to, f"message_heads.{head}"
        hidden = to.node("Tanh", [self._dense(f"{name}.hidden", pooled)])
        self._dense(f"{name}.out", hidden, OUTPUTS[head])  # type: ignore[index]

    def _dense(self, name: str, states: str, output: str | None = None) -> str:
        product = self._exact_product(name, states)
        return self._to.node("Add", [product, self._weight(f"{name}.bias")], output=output)

    def _exact_product(self, name: str, states: str) -> str:
        weights = self._transposed(f"{name}.weight")
        return self._to.node("MatMul", [states, weights], output=f"{EXACT_PREFIX}{name}")
