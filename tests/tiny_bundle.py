"""Builds a whole model bundle in a second: two layers of random weights and a hand-made vocabulary.

Its answers mean nothing, but its graphs are real ones, and two words make them fail for real:
`NAN_WORD` has an embedding that is not a number, and `POISON_WORD` has none, so the run raises.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from consumer.inference.golden import golden_row
from consumer.inference.manifest import MANIFEST_FILE, Graph, Manifest, Task, Tasks, Thresholds
from consumer.inference.opening import assemble
from consumer.inference.word_pieces import SPECIAL_TOKENS, new_tokenizer

NAN_WORD = "nanword"
POISON_WORD = "poisonword"
MAX_TOKENS = 32
INTENTS = (
    "order", "delivery", "refund_return", "after_sales", "payment", "price_promo",
    "invoice", "account", "product_info", "contact_agent", "feedback", "other",
)  # fmt: skip
ENTITY_TYPES = (
    "ORDER_ID", "TRACKING_ID", "INVOICE_ID", "ACCOUNT_ID", "PRODUCT", "BRAND", "MODEL", "QUANTITY",
    "AMOUNT", "DATE", "TIME", "ADDRESS", "PERSON", "PHONE", "EMAIL", "ORG",
)  # fmt: skip
TAGS = ("O", *(f"{mark}-{kind}" for kind in ENTITY_TYPES for mark in "BI"))
SENTENCES = (
    "where is my order, it has not arrived",
    "I want a refund for the blue jacket",
    "please give me a real person now!",
    "thank you, that was quick and kind",
    "我的快递怎么还没到，都三天了",
    "我要退款，这件外套破了一个洞",
    "请帮我转人工客服，谢谢你",
    "订单什么时候发货？太慢了！",
)

_WIDTH, _LAYERS, _HEADS = 32, 2, 2
_OUTSIDE_BIAS = 4.0
_MS = "com.microsoft"


def build_tiny_bundle(folder: Path, version: str = "2026.11.0") -> Path:
    """Writes the bundle to a folder, which is made, and returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    vocab = _vocab()
    (folder / "tokenizer.json").write_text(new_tokenizer(vocab).to_str(), encoding="utf-8")
    onnx.save(_graph(vocab), str(folder / "encoder.cpu-fp32.onnx"))
    quantize_dynamic(
        str(folder / "encoder.cpu-fp32.onnx"),
        str(folder / "encoder.cpu-int8.onnx"),
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["MatMul", "Attention"],
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )
    (folder / "golden.json").write_bytes(b"[]")
    write_manifest(folder, _manifest(version))
    models = {
        variant: assemble(folder, hashed(folder, _manifest(version)), "cpu", variant)
        for variant in ("cpu-int8", "cpu-fp32")
    }
    rows = [golden_row(text, models) for text in SENTENCES]  # type: ignore[arg-type]
    (folder / "golden.json").write_bytes(msgspec.json.encode(rows))
    write_manifest(folder, _manifest(version))
    return folder


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes a manifest with the hashes of the folder's files as they are now."""
    raw = msgspec.json.encode(hashed(folder, manifest))
    (folder / MANIFEST_FILE).write_bytes(raw)


def hashed(folder: Path, manifest: Manifest) -> Manifest:
    """The manifest with the hashes of the folder's files."""
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.name != MANIFEST_FILE
    }
    return msgspec.structs.replace(manifest, files=files)


def _manifest(version: str) -> Manifest:
    def task(output: str, labels: Iterable[str], bounds: Thresholds | None = None) -> Task:
        return Task("encoder", f"{output}_logits", tuple(labels), thresholds=bounds)

    return Manifest(
        format=1,
        name="tiny",
        version=version,
        licence="Apache-2.0",
        languages=("zh", "en"),
        tokenizer="tokenizer.json",
        max_tokens=MAX_TOKENS,
        graphs=(
            Graph(
                "encoder",
                {"cpu-int8": "encoder.cpu-int8.onnx", "cpu-fp32": "encoder.cpu-fp32.onnx"},
            ),
        ),
        tasks=Tasks(
            category=task("category", ("query", "complaint", "suggestion"), Thresholds(0.4, 0.8)),
            intent=task("intent", INTENTS, Thresholds(0.3, 0.7, 0.1, 0.15)),
            tags=task("tag", TAGS),
            sentiment=task("sentiment", ("negative", "neutral", "positive")),
            anger=task("anger", ("1", "2", "3")),
        ),
        files={},
        golden="golden.json",
    )


def _vocab() -> dict[str, int]:
    text = " ".join(SENTENCES).lower()
    characters = sorted(set(text + "abcdefghijklmnopqrstuvwxyz0123456789#@¥.-") - {" "})
    words = sorted({word.strip(",!") for word in text.split() if word.isascii()})
    pieces = [f"##{char}" for char in "abcdefghijklmnopqrstuvwxyz"]
    tokens = dict.fromkeys([*SPECIAL_TOKENS, *characters, *words, *pieces, NAN_WORD, POISON_WORD])
    return {token: number for number, token in enumerate(tokens)}


class _Builder:
    """Collects nodes and weights of one graph."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(11)
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def constant(self, name: str, value: Any) -> str:
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weight(self, name: str, *shape: int, scale: float = 0.3) -> str:
        return self.constant(name, (self.random.normal(size=shape) * scale).astype(np.float32))

    def node(self, op: str, inputs: list[str], output: str, domain: str = "", **kw: Any) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], output, domain=domain, **kw))
        return output

    def norm(self, source: str, output: str) -> str:
        # Not "_scale": the quantiser calls its own tensors so.
        gain = self.constant(f"{output}_gain", np.ones(_WIDTH, np.float32))
        shift = self.constant(f"{output}_shift", np.zeros(_WIDTH, np.float32))
        return self.node("LayerNormalization", [source, gain, shift], output, axis=-1)

    def dense(self, source: str, output: str, width: int, bias: Any = None) -> str:
        fan_in = _WIDTH * 2 if output.endswith("_down") else _WIDTH
        product = self.node(
            "MatMul", [source, self.weight(f"{output}_w", fan_in, width)], f"{output}_m"
        )
        values = np.zeros(width, np.float32) if bias is None else bias
        return self.node("Add", [product, self.constant(f"{output}_b", values)], output)


def _graph(vocab: dict[str, int]) -> Any:
    build = _Builder()
    last = _encoder(build, vocab)
    first_token = build.node(
        "Gather", [last, build.constant("zero", np.int64(0))], "first_token", axis=1
    )
    sizes = {"category": 3, "intent": len(INTENTS), "sentiment": 3, "anger": 3}
    for name, size in sizes.items():
        build.dense(first_token, f"{name}_logits" if name != "category" else "category_sum", size)
    # Quantising would swallow what is not a number, so that takes a way around the layers.
    total = build.node("ReduceSum", ["word", build.constant("axes", np.array([1, 2]))], "total")
    nothing = build.constant("nothing", np.zeros((1, 1), np.float32))
    around = build.node(
        "Mul",
        [build.node("Squeeze", [total, build.constant("last", np.array([2]))], "flat"), nothing],
        "around",
    )
    build.node("Add", ["category_sum", around], "category_logits")
    outside = np.array([_OUTSIDE_BIAS] + [0.0] * (len(TAGS) - 1), np.float32)
    build.dense(last, "tag_logits", len(TAGS), outside)
    inputs = [
        helper.make_tensor_value_info("ids", TensorProto.INT32, ["rows", "tokens"]),
        helper.make_tensor_value_info("lengths", TensorProto.INT32, ["rows"]),
    ]
    outputs = [
        helper.make_tensor_value_info(f"{name}_logits", TensorProto.FLOAT, None)
        for name in (*sizes, "tag")
    ]
    graph = helper.make_graph(build.nodes, "tiny", inputs, outputs, build.weights)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(_MS, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def _encoder(build: _Builder, vocab: dict[str, int]) -> str:
    table = build.random.normal(size=(len(vocab) - 1, _WIDTH)).astype(np.float32)
    table[vocab[NAN_WORD]] = np.nan
    words = build.node("Gather", [build.constant("words", table), "ids"], "word")
    size = build.node("Shape", ["ids"], "size", start=1)
    start, axis = build.constant("start", np.array([0])), build.constant("axis", np.array([0]))
    places = build.weight("places", MAX_TOKENS, _WIDTH)
    place = build.node("Slice", [places, start, size, axis], "place")
    last = build.norm(build.node("Add", [words, place], "embedded"), "normed")
    for layer in range(_LAYERS):
        last = _layer(build, last, f"l{layer}")
    return last


def _layer(build: _Builder, source: str, name: str) -> str:
    weights = build.weight(f"{name}_qkv", _WIDTH, 3 * _WIDTH)
    shift = build.constant(f"{name}_qkv_b", np.zeros(3 * _WIDTH, np.float32))
    seen = build.node(
        "Attention", [source, weights, shift, "lengths"], f"{name}_seen", _MS, num_heads=_HEADS
    )
    mixed = build.dense(seen, f"{name}_mixed", _WIDTH)
    middle = build.norm(build.node("Add", [mixed, source], f"{name}_sum"), f"{name}_middle")
    up = build.node("Relu", [build.dense(middle, f"{name}_up", 2 * _WIDTH)], f"{name}_relu")
    down = build.dense(up, f"{name}_down", _WIDTH)
    return build.norm(build.node("Add", [down, middle], f"{name}_sum2"), f"{name}_out")
