from functools import partial
from pathlib import Path

import onnx
import pytest
import torch

import consumer
from consumer.inference.manifest import Variant
from consumer.inference.tokenizer import TextTokenizer
from exporters.labels import LABELS
from exporters.model_source import SourceGraph
from exporters.network import Network, Shape
from exporters.parity import EDGE_TEXTS, LEAST_AGREEMENT, compare
from exporters.torch_model import run_network
from exporters.variants import graph_bytes
from exporters.vocabulary import train_tokenizer

TEXTS = tuple(
    f"where is parcel {number} 你的快递呢" + " hello" * (number % 9) for number in range(40)
)
SHAPE = Shape(vocabulary=300, layers=2, width=128, feed_forward=128, bag_buckets=2048, bag_width=32)
CLOSE: dict[Variant, float] = {"cpu-fp32": 1e-4, "cpu-int8": 0.5, "cuda-fp16": 0.05}


@pytest.fixture(scope="module")
def tokenizer() -> TextTokenizer:
    spec = train_tokenizer(TEXTS, size=SHAPE.vocabulary).to_str().encode()
    return TextTokenizer(spec, SHAPE.max_tokens)


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(5)
    network = Network(SHAPE)
    for parameter in network.parameters():  # heads that say something, norms that are not one
        torch.nn.init.normal_(parameter, std=0.1)
    return network.eval()


def as_source(network: Network) -> SourceGraph:
    return SourceGraph(
        "encoder", LABELS, partial(run_network, network), partial(graph_bytes, network)
    )


@pytest.mark.parametrize("variant", ["cpu-fp32", "cpu-int8", "cuda-fp16"])
def test_a_graph_says_what_the_network_says_also_at_the_edges(
    variant: Variant, network: Network, tokenizer: TextTokenizer
) -> None:
    found = compare(as_source(network), graph_bytes(network, variant), tokenizer, TEXTS)
    assert {one.head for one in found} == {"category", "intent", "sentiment", "anger", "tags"}
    assert all(one.largest_difference < CLOSE[variant] for one in found)
    if variant == "cpu-fp32":
        assert all(one.share >= LEAST_AGREEMENT[variant] for one in found)


def test_the_edge_texts_are_all_compared(network: Network, tokenizer: TextTokenizer) -> None:
    found = compare(as_source(network), graph_bytes(network, "cpu-fp32"), tokenizer, TEXTS)
    assert found[0].compared == len(TEXTS) + len(EDGE_TEXTS)


def test_an_int8_graph_keeps_heads_n_grams_means_and_what_reads_a_gelu_exact(
    network: Network,
) -> None:
    model = onnx.load_from_string(graph_bytes(network, "cpu-int8"))
    kinds = [node.op_type for node in model.graph.node]
    quantised = sum(kind in ("MatMulInteger", "QAttention") for kind in kinds)
    assert quantised == 3 * SHAPE.layers + 1
    assert not {"Shape", "Gemm"} & set(kinds)


def test_the_shipped_bundle_weighs_at_most_20_megabytes() -> None:
    folder = Path(consumer.__file__).parent / "bundles" / "starter"
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 20_000_000
