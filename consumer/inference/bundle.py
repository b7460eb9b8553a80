"""Opens a bundle's files: each is read once and its hash checked, and those bytes are served.

Knows nothing of what is in them. Checking one file and loading another is thereby impossible.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from consumer.inference.manifest import BundleError, Graph, Manifest, Variant

_EXTERNAL_DATA = b"\n\x08location\x12"
"""How protobuf writes the key by which a tensor points to another file."""


def load_files(folder: Path, manifest: Manifest, names: Iterable[str]) -> dict[str, bytes]:
    """Contents of the named files of a bundle, each as its manifest says it is."""
    return {name: _load(folder, manifest, name) for name in names}


def check_all(folder: Path, manifest: Manifest) -> None:
    """Checks every file of the manifest, one at a time."""
    for name in manifest.files:
        _load(folder, manifest, name)


def graphs_used(manifest: Manifest, variant: Variant) -> list[Graph]:
    """Graphs that some task reads; each must have the variant."""
    used = {task.graph for _, task in manifest.tasks.named()}
    for name in sorted(used):
        manifest.graph_file(name, variant)
    return [graph for graph in manifest.graphs if graph.name in used]


def _load(folder: Path, manifest: Manifest, name: str) -> bytes:
    wanted = manifest.files.get(name)
    if wanted is None:
        raise BundleError(name, "no hash", "the manifest lists the sha256 of every file")
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise BundleError(name, error.strerror, "every file of the manifest is readable") from error
    found = hashlib.sha256(content).hexdigest()
    if found != wanted:
        raise BundleError(name, found, f"the manifest's sha256 is {wanted}")
    if name.endswith(".onnx") and _EXTERNAL_DATA in content:
        raise BundleError(name, "external data", "a graph holds its own weights")
    return content
