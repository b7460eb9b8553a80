"""Writes a bundle folder: graphs, tokenizer, golden answers, model card, manifest with hashes.

The folder is built beside its place and moved there whole, after the service's own checks.
"""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from consumer.inference.golden import golden_row
from consumer.inference.manifest import (
    MANIFEST_FILE,
    Graph,
    Manifest,
    Tasks,
    Variant,
    check_manifest,
)
from consumer.inference.opening import assemble, open_bundle
from exporters.golden_texts import GOLDEN_TEXTS

TOKENIZER_FILE = "tokenizer.json"
GOLDEN_FILE = "golden.json"
CARD_FILE = "MODEL_CARD.md"


@dataclass(frozen=True, slots=True)
class BundleParts:
    """All that a bundle is made of. `metrics` is free; `card` is the model card's text."""

    name: str
    version: str
    licence: str
    languages: Sequence[str]
    max_tokens: int
    tokenizer: bytes
    graphs: Mapping[str, Mapping[Variant, bytes]]
    """Files by graph and variant."""
    tasks: Tasks
    metrics: Mapping[str, Any]
    card: str


def write_bundle(parts: BundleParts, folder: Path) -> Manifest:
    """Makes the bundle, opens it as the service would, and puts it in the place of `folder`."""
    building = folder.with_name(f".{folder.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    manifest = _write(parts, building)
    open_bundle(building)
    shutil.rmtree(folder, ignore_errors=True)
    building.rename(folder)
    return manifest


def file_of(graph: str, variant: Variant) -> str:
    """File name of a graph's variant."""
    return f"{graph}.{variant}.onnx"


def _write(parts: BundleParts, folder: Path) -> Manifest:
    for graph, variants in parts.graphs.items():
        for variant, content in variants.items():
            (folder / file_of(graph, variant)).write_bytes(content)
    (folder / TOKENIZER_FILE).write_bytes(parts.tokenizer)
    (folder / CARD_FILE).write_text(parts.card, encoding="utf-8")
    draft = _manifest(parts, folder)
    (folder / GOLDEN_FILE).write_bytes(_golden(draft, folder, parts))
    manifest = _manifest(parts, folder)
    check_manifest(manifest)
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    (folder / MANIFEST_FILE).write_bytes(content + b"\n")
    return manifest


def _manifest(parts: BundleParts, folder: Path) -> Manifest:
    hashes = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.iterdir())
        if file.name != MANIFEST_FILE
    }
    return Manifest(
        format=1,
        name=parts.name,
        version=parts.version,
        licence=parts.licence,
        languages=tuple(parts.languages),
        tokenizer=TOKENIZER_FILE,
        max_tokens=parts.max_tokens,
        graphs=tuple(
            Graph(graph, {variant: file_of(graph, variant) for variant in variants})
            for graph, variants in parts.graphs.items()
        ),
        tasks=parts.tasks,
        files=hashes,
        golden=GOLDEN_FILE,
        metrics={key: msgspec.Raw(msgspec.json.encode(one)) for key, one in parts.metrics.items()},
    )


def _golden(draft: Manifest, folder: Path, parts: BundleParts) -> bytes:
    """Answers of every variant, run here on the CPU: fp16 too, within the tolerance of its own."""
    variants = next(iter(parts.graphs.values()))
    models = {variant: assemble(folder, draft, "cpu", variant) for variant in variants}
    rows = [golden_row(text, models) for text in GOLDEN_TEXTS]
    return msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n"
