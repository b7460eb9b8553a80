"""From a model to a bundle: export, calibrate, measure, write. Trains nothing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from consumer.inference.heads import Outputs
from consumer.inference.manifest import Tasks, Variant
from consumer.inference.model import padded
from consumer.inference.prepared import Prepared
from consumer.inference.session import GraphSession
from consumer.inference.tokenizer import TextTokenizer
from exporters.baseline import Baselines
from exporters.bundle_tasks import tasks_of
from exporters.bundling import BundleParts, write_bundle
from exporters.calibration import calibrate
from exporters.evaluation import Run, Score, predict
from exporters.exporting import Exported, export
from exporters.judging import Judgement, judge
from exporters.model_card import model_card
from exporters.model_source import SILENT, ModelSource
from exporters.robustness import Ask
from exporters.rows import Row

LICENCE = "Apache-2.0"
LANGUAGES = ("zh", "en")
ROUNDED = 4
TOLD = ("epoch", "rows_seen", "training_s", "checkpoints")
"""What of a run's record stands in the manifest."""


@dataclass(frozen=True, slots=True)
class BundleRequest:
    """What to make of a model. `strict` refuses graphs that stray from the network."""

    name: str
    version: str
    variants: tuple[Variant, ...]
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Measured:
    """Rows learned from, to calibrate by and to report on, with the baselines on the latter."""

    learned: Sequence[Row]
    held_out: Sequence[Row]
    reported: Sequence[Row]
    baselines: Baselines


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What was made, for the terminal."""

    exported: Sequence[Exported]
    judged: Judgement


def make_bundle(
    source: ModelSource, request: BundleRequest, measured: Measured, folder: Path
) -> BundleReport:
    """Writes the bundle of a source; the first variant is calibrated and measured."""
    texts = [row.text for row in measured.held_out]
    exported = export(source, request.variants, texts, request.strict)
    tokenizer = source.tokenizer
    served = run_of([one.content for one in exported if one.variant == request.variants[0]])
    heard = {
        head: labels
        for graph in source.graphs
        if graph.name != SILENT
        for head, labels in graph.labels.items()
    }
    fitted = calibrate(measured.held_out, tokenizer, served, heard)
    tasks = tasks_of(*fitted, labels=source.labels, graphs=source.graph_of)
    ask = ask_of(tokenizer, tasks, served)
    judged = judge(measured.reported, ask, measured.baselines, measured.learned)
    record, checks = source.record, [one.line() for one in exported]
    graphs: dict[str, dict[Variant, bytes]] = defaultdict(dict)
    for one in exported:
        graphs[one.graph][one.variant] = one.content
    parts = BundleParts(
        name=request.name,
        version=request.version,
        licence=LICENCE,
        languages=LANGUAGES,
        max_tokens=source.max_tokens,
        tokenizer=source.tokenizer_file,
        graphs=graphs,
        tasks=tasks,
        metrics={
            "scores": [_rounded(one) for one in judged.scores],
            "losses": len(judged.losses),
            "agreement": {
                f"{one.graph} {one.variant}": round(one.least_share, ROUNDED) for one in exported
            },
            "training": {key: record[key] for key in TOLD if key in record},
        },
        card=model_card(request.name, request.version, record, judged, checks),
    )
    write_bundle(parts, folder)
    return BundleReport(exported, judged)


def run_of(graphs: Sequence[bytes]) -> Run:
    """Runs graphs as the service's CPU workers do."""
    sessions = [GraphSession(graph, "cpu") for graph in graphs]

    def run(batch: Sequence[Prepared]) -> Outputs:
        outputs: Outputs = {}
        for session in sessions:
            outputs |= session.run(*padded(batch))
        return outputs

    return run


def ask_of(tokenizer: TextTokenizer, tasks: Tasks, run: Run) -> Ask:
    """Answers to texts, decoded as the service does."""
    return lambda texts: predict(texts, tokenizer, tasks, run)


def _rounded(one: Score) -> dict[str, object]:
    return asdict(one) | {"value": round(one.value, ROUNDED)}
