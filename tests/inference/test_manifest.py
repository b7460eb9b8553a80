import copy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from consumer.inference.manifest import BundleError, parse_manifest, read_manifest


def changed(folder: Path, path: str, value: object) -> bytes:
    """The tiny bundle's manifest with one value set, or deleted with `...`."""
    manifest: Any = msgspec.json.decode((folder / "manifest.json").read_bytes())
    changed = copy.deepcopy(manifest)
    *parents, last = path.split(".")
    node = changed
    for key in parents:
        node = node[int(key)] if isinstance(node, list) else node[key]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return msgspec.json.encode(changed)


def test_the_manifest_of_a_bundle_is_read(tiny_bundle: Path) -> None:
    manifest = read_manifest(tiny_bundle)
    assert manifest.name == "tiny"
    assert manifest.tasks.anger.labels == ("1", "2", "3")
    assert manifest.graph_file("encoder", "cpu-int8") == "encoder.cpu-int8.onnx"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("format", 2),
        ("surprise", 1),
        ("name", ...),
        ("max_tokens", 4),
        ("tokenizer", "../tokenizer.json"),
        ("tokenizer", "/etc/passwd"),
        ("tokenizer", ".hidden"),
        ("golden", "other.json"),
        ("files", {}),
        ("files", {"a.onnx": "short"}),
        ("graphs", []),
        ("graphs.0.variants", {"tpu": "x.onnx"}),
        ("graphs.0.variants", {"cpu-int8": "sub/x.onnx"}),
        ("tasks.category.labels", ["query", "complaint"]),
        ("tasks.sentiment.labels", ["negative", "neutral", "happy"]),
        ("tasks.intent.labels", ["order", "order"]),
        ("tasks.intent.labels", []),
        ("tasks.anger.labels", ["3", "2", "1"]),
        ("tasks.tags.labels", ["B-ORDER_ID", "I-ORDER_ID"]),
        ("tasks.tags.labels", ["O", "ORDER_ID"]),
        ("tasks.tags.labels", ["O", "B-"]),
        ("tasks.intent.graph", "nowhere"),
        ("tasks.intent.temperature", 0),
        ("tasks.intent.thresholds", {"suggest": 0.9, "automate": 0.5}),
        ("tasks.intent.thresholds", {"suggest": -1, "automate": 0.5}),
        ("tasks.category", ...),
    ],
)
def test_a_manifest_against_the_rules_is_refused(
    tiny_bundle: Path, path: str, value: object
) -> None:
    with pytest.raises(BundleError) as caught:
        parse_manifest(changed(tiny_bundle, path, value))
    assert caught.value.file == "manifest.json"
    assert caught.value.rule


@pytest.mark.parametrize("raw", [b"", b"null", b"\xff\xfe", b"[" * 100_000, b" " * (1 << 21)])
def test_bytes_that_are_no_manifest_are_refused(raw: bytes) -> None:
    with pytest.raises(BundleError):
        parse_manifest(raw)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="readable manifest"):
        read_manifest(tmp_path)


def test_a_variant_that_is_not_there_is_named(tiny_bundle: Path) -> None:
    with pytest.raises(BundleError, match="cuda-fp16"):
        read_manifest(tiny_bundle).graph_file("encoder", "cuda-fp16")
