"""What a model bundle says of itself: the types of `manifest.json` and their rules.

Reads one small file. Opens no model and checks no hash (`bundle.py` does).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from consumer.contract.known_values import CATEGORIES, SENTIMENTS

MANIFEST_FILE = "manifest.json"
ANGER_LABELS = ("1", "2", "3")
OUTSIDE = "O"
TASK_NAMES = ("category", "intent", "tags", "sentiment", "anger")
MAX_MANIFEST_BYTES = 1 << 20

Variant = Literal["cpu-int8", "cpu-fp32", "cuda-fp16"]
BaseName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Probability = Annotated[float, Meta(ge=0, le=1)]


class BundleError(Exception):
    """A bundle that must not be served: names the file, the value found and the rule."""

    def __init__(self, file: str, value: object, rule: str) -> None:
        super().__init__(f"{file}: {value}: {rule}")
        self.file, self.value, self.rule = file, value, rule


class Graph(Struct, frozen=True, forbid_unknown_fields=True):
    """One ONNX graph and its file for each variant."""

    name: BaseName
    variants: dict[Variant, BaseName]


class Thresholds(Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds on a head's first probability; the last two are the intent's alone."""

    suggest: Probability
    automate: Probability
    ambiguity_margin: Probability = 0.0
    out_of_scope: Probability = 0.0


class Task(Struct, frozen=True, forbid_unknown_fields=True):
    """One head: the graph's output that it reads, its labels in order and its temperature."""

    graph: BaseName
    output: str
    labels: Annotated[tuple[str, ...], Meta(min_length=1, max_length=1000)]
    temperature: Annotated[float, Meta(gt=0, le=100)] = 1.0
    thresholds: Thresholds | None = None


class Tasks(Struct, frozen=True, forbid_unknown_fields=True):
    """The five heads. Those of one graph share its run."""

    category: Task
    intent: Task
    tags: Task
    sentiment: Task
    anger: Task

    def named(self) -> tuple[tuple[str, Task], ...]:
        """The heads with their names, in a fixed order."""
        return tuple((name, getattr(self, name)) for name in TASK_NAMES)


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole manifest. `files` holds the hash of every file but the manifest."""

    format: Literal[1]
    name: Annotated[str, Meta(min_length=1, max_length=128)]
    version: Annotated[str, Meta(min_length=1, max_length=64)]
    licence: str
    languages: tuple[str, ...]
    tokenizer: BaseName
    max_tokens: Annotated[int, Meta(ge=8, le=8192)]
    graphs: Annotated[tuple[Graph, ...], Meta(min_length=1)]
    tasks: Tasks
    files: dict[BaseName, Sha256]
    golden: BaseName
    metrics: dict[str, msgspec.Raw] = {}

    def graph_file(self, graph: str, variant: Variant) -> str:
        """File of a graph's variant."""
        for one in self.graphs:
            if one.name == graph and variant in one.variants:
                return one.variants[variant]
        raise BundleError(MANIFEST_FILE, variant, f"graph {graph} has no such variant")


def read_manifest(folder: Path) -> Manifest:
    """Reads and checks `manifest.json` of a bundle folder."""
    path = folder / MANIFEST_FILE
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_MANIFEST_BYTES + 1)
    except OSError as error:
        raise BundleError(str(path), error.strerror, "a readable manifest") from error
    return parse_manifest(raw)


def parse_manifest(raw: bytes) -> Manifest:
    """Decodes a manifest and applies the rules that types cannot express."""
    if len(raw) > MAX_MANIFEST_BYTES:
        raise BundleError(MANIFEST_FILE, len(raw), f"at most {MAX_MANIFEST_BYTES} bytes")
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(MANIFEST_FILE, "unreadable", str(error)) from error
    check_manifest(manifest)
    return manifest


def check_manifest(manifest: Manifest) -> None:
    """Raises `BundleError` at the first rule that does not hold."""
    _check_files(manifest)
    for name, task in manifest.tasks.named():
        _check_task(manifest, name, task)
    _same_labels("category", manifest.tasks.category.labels, CATEGORIES)
    _same_labels("sentiment", manifest.tasks.sentiment.labels, SENTIMENTS)
    if manifest.tasks.anger.labels != ANGER_LABELS:
        raise BundleError(MANIFEST_FILE, manifest.tasks.anger.labels, f"anger: {ANGER_LABELS}")
    _check_tags(manifest.tasks.tags.labels)


def _check_files(manifest: Manifest) -> None:
    used = {manifest.tokenizer, manifest.golden}
    for graph in manifest.graphs:
        used.update(graph.variants.values())
    for file in sorted(used):
        if file not in manifest.files:
            raise BundleError(MANIFEST_FILE, file, "every file named has its sha256 in `files`")


def _check_task(manifest: Manifest, name: str, task: Task) -> None:
    if task.graph not in {graph.name for graph in manifest.graphs}:
        raise BundleError(MANIFEST_FILE, task.graph, f"{name}: no such graph")
    if len(set(task.labels)) != len(task.labels):
        raise BundleError(MANIFEST_FILE, task.labels, f"{name}: labels must differ")
    bounds = task.thresholds
    if bounds is not None and bounds.suggest > bounds.automate:
        raise BundleError(MANIFEST_FILE, bounds.suggest, f"{name}: suggest is at most automate")


def _same_labels(name: str, found: Iterable[str], wanted: tuple[str, ...]) -> None:
    if sorted(found) != sorted(wanted):
        raise BundleError(MANIFEST_FILE, tuple(found), f"{name}: the labels are {wanted}")


def _check_tags(labels: tuple[str, ...]) -> None:
    if OUTSIDE not in labels:
        raise BundleError(MANIFEST_FILE, labels, "tags: `O` is one of the labels")
    for label in labels:
        if label != OUTSIDE and not (label[:2] in ("B-", "I-") and len(label) > 2):
            raise BundleError(MANIFEST_FILE, label, "tags: labels are O, B-TYPE and I-TYPE")
