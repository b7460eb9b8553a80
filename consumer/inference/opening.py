"""From a bundle folder to a model that may serve: hashes, provider, golden texts, warm-up."""

from pathlib import Path

from consumer.contract.decision import ModelRef
from consumer.inference.bundle import graphs_used, load_files
from consumer.inference.golden import check_golden, read_golden
from consumer.inference.manifest import MANIFEST_FILE, BundleError, Manifest, Variant, read_manifest
from consumer.inference.model import BundleModel
from consumer.inference.session import GraphSession, Provider
from consumer.inference.tokenizer import TextTokenizer

_VARIANTS: dict[Provider, tuple[Variant, ...]] = {
    "cpu": ("cpu-int8", "cpu-fp32"),
    "cuda": ("cuda-fp16",),
}
"""What each provider runs, the preferred first."""

_GPU_LENGTH_STEP = 16
"""Tokens. Batches on a GPU are padded to multiples of it, so that memory sees few shapes."""

_WARM_UP_ROWS = (1, 4, 16)


def open_bundle(
    folder: Path,
    provider: Provider = "cpu",
    variant: Variant | None = None,
    *,
    threads: int = 1,
) -> BundleModel:
    """Loads, verifies and warms a bundle.

    Raises `BundleError` for what is wrong with the bundle, `ProviderError` for the provider.
    `threads` are ORT's own, for each run; workers beside each other do better than those.
    """
    manifest = read_manifest(folder)
    chosen = choose_variant(manifest, provider, variant)
    golden = load_files(folder, manifest, (manifest.golden,))[manifest.golden]
    model = assemble(folder, manifest, provider, chosen, threads=threads)
    check_golden(model, read_golden(golden), chosen)
    _warm_up(model)
    return model


def choose_variant(manifest: Manifest, provider: Provider, asked: Variant | None = None) -> Variant:
    """The variant that was asked for, else the provider's first that every graph has."""
    choice = _VARIANTS[provider]
    if asked is not None:
        if asked not in choice:
            raise BundleError("variant", asked, f"{provider} runs {choice}")
        return asked
    for variant in choice:
        if all(variant in graph.variants for graph in manifest.graphs):
            return variant
    raise BundleError(MANIFEST_FILE, manifest.name, f"every graph has one of {choice}")


def assemble(
    folder: Path,
    manifest: Manifest,
    provider: Provider,
    variant: Variant,
    *,
    threads: int = 1,
) -> BundleModel:
    """The model of checked files, not yet held against the golden texts."""
    graphs = graphs_used(manifest, variant)
    names = [manifest.tokenizer, *(graph.variants[variant] for graph in graphs)]
    files = load_files(folder, manifest, names)
    tokenizer = TextTokenizer(files[manifest.tokenizer], manifest.max_tokens)
    sessions = {
        graph.name: GraphSession(files[graph.variants[variant]], provider, threads=threads)
        for graph in graphs
    }
    for name, task in manifest.tasks.named():
        if task.output not in sessions[task.graph].output_names:
            raise BundleError(task.graph, task.output, f"{name}: the graph has this output")
    step = _GPU_LENGTH_STEP if provider == "cuda" else 1
    refs = _refs(manifest, variant)
    return BundleModel(manifest, tokenizer, list(sessions.values()), refs, step)


def _refs(manifest: Manifest, variant: Variant) -> tuple[ModelRef, ...]:
    return tuple(
        ModelRef(
            task=name,
            name=manifest.name,
            version=manifest.version,
            sha256=manifest.files[manifest.graph_file(task.graph, variant)],
        )
        for name, task in manifest.tasks.named()
    )


def _warm_up(model: BundleModel) -> None:
    """Runs a few shapes, the longest too, so that no customer waits for first allocations."""
    short, long = model.prepare(("hello 你好", "你好 hello 1 " * model.manifest.max_tokens))
    for rows in _WARM_UP_ROWS:
        model.infer([short] * rows)
    model.infer([long])
