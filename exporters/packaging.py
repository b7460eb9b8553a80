"""From a finished run to a bundle: export, calibrate, measure, write. Trains nothing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from consumer.inference.heads import Outputs
from consumer.inference.manifest import Tasks, Variant
from consumer.inference.model import padded
from consumer.inference.prepared import Prepared
from consumer.inference.session import GraphSession
from consumer.inference.tokenizer import TextTokenizer
from exporters.bundle_tasks import tasks_of
from exporters.bundling import BundleParts, write_bundle
from exporters.calibration import calibrate
from exporters.evaluation import Run, Score, predict, scores
from exporters.exporting import Exported, export
from exporters.model_card import model_card
from exporters.rows import Row
from exporters.run_folder import TOKENIZER_FILE, RunFolder

LICENCE = "Apache-2.0"
LANGUAGES = ("zh", "en")
ROUNDED = 4


@dataclass(frozen=True, slots=True)
class BundleRequest:
    """What to make of a run. `strict` refuses graphs that stray from the network."""

    name: str
    version: str
    variants: tuple[Variant, ...]
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Measured:
    """Rows to calibrate by and rows to report on, with the baseline's scores on the latter."""

    held_out: Sequence[Row]
    reported: Sequence[Row]
    baseline: Sequence[Score]


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What was made, for the terminal."""

    exported: Sequence[Exported]
    scores: Sequence[Score]


def make_bundle(
    run: RunFolder, request: BundleRequest, measured: Measured, folder: Path
) -> BundleReport:
    """Writes the bundle of a run; the first variant is calibrated and measured."""
    texts = [row.text for row in measured.held_out]
    exported = export(run, request.variants, texts, request.strict)
    max_tokens = run.network().shape.max_tokens
    tokenizer = run.tokenizer(max_tokens)
    served = run_of(exported[0].content)
    tasks = tasks_of(*calibrate(measured.held_out, tokenizer, served))
    found = scores_of(measured.reported, tokenizer, tasks, served)
    record, checks = run.read_record(), [one.line() for one in exported]
    parts = BundleParts(
        name=request.name,
        version=request.version,
        licence=LICENCE,
        languages=LANGUAGES,
        max_tokens=max_tokens,
        tokenizer=(run.path / TOKENIZER_FILE).read_bytes(),
        graphs={one.variant: one.content for one in exported},
        tasks=tasks,
        metrics={
            "scores": [_rounded(one) for one in found],
            "baseline": [_rounded(one) for one in measured.baseline],
            "agreement": {one.variant: round(one.least_share, ROUNDED) for one in exported},
            "training": {key: record[key] for key in ("epoch", "rows_seen", "training_s")},
        },
        card=model_card(request.name, request.version, record, found, measured.baseline, checks),
    )
    write_bundle(parts, folder)
    return BundleReport(exported, found)


def run_of(graph: bytes) -> Run:
    """Runs a graph as the service's CPU workers do."""
    session = GraphSession(graph, "cpu")

    def run(batch: Sequence[Prepared]) -> Outputs:
        return session.run(*padded(batch))

    return run


def scores_of(rows: Sequence[Row], tokenizer: TextTokenizer, tasks: Tasks, run: Run) -> list[Score]:
    """Scores of a graph on rows."""
    return scores(rows, predict(rows, tokenizer, tasks, run))


def _rounded(one: Score) -> dict[str, object]:
    return asdict(one) | {"value": round(one.value, ROUNDED)}
