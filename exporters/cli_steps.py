"""What each command of `chat-models` does, from its arguments to what it prints."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.table import Table

from consumer.inference.manifest import Variant, read_manifest
from consumer.inference.opening import open_bundle
from consumer.inference.tokenizer import read_tokenizer
from exporters.baseline import baselines
from exporters.bundling import file_of
from exporters.confusions import draw_confusions
from exporters.corpus_counts import count_tables
from exporters.corpus_lint import problems_of
from exporters.corpus_reader import CORPUS_FOLDER, read_corpus
from exporters.exporting import export
from exporters.judgement_tables import sheets
from exporters.judging import Judgement, judge
from exporters.model_source import read_source
from exporters.packaging import BundleRequest, Measured, ask_of, make_bundle, run_of
from exporters.problems import SettingError
from exporters.robustness import Ask
from exporters.training_sources import TrainingSources, gathered
from exporters.verifying import verify

WATCHED_ROWS = 60
"""Development rows of each source and task that are measured every epoch."""

SHOWN_REFUSALS = 5
OWN_TEXT_COPIES = 4
"""How often own texts count when the vocabulary is made."""

SHIPPED: tuple[Variant, ...] = ("cpu-int8", "cuda-fp16")


def lint_corpus(folder: Path | None, console: Console) -> int:
    """Prints the problems; 1 if there are any."""
    problems = problems_of(read_corpus(folder or CORPUS_FOLDER))
    if not problems:
        console.print("no problems")
        return 0
    table = Table("file", "line", "found", "rule")
    for one in problems:
        table.add_row(one.file, str(one.line), one.value, one.rule)
    console.print(table)
    return 1


def show_stats(folder: Path | None, console: Console) -> None:
    """Prints the counts."""
    for table in count_tables(read_corpus(folder or CORPUS_FOLDER)):
        console.print(table)


def export_source(
    names: Sequence[str],
    out: Path,
    variants: Sequence[str],
    corpus: Path | None,
    strict: bool,
    console: Console,
) -> None:
    """Writes graphs of a run or of checkpoints."""
    chosen = _variants(variants)
    out.mkdir(parents=True, exist_ok=True)
    texts = _held_out_texts(corpus, console)
    for graph in export(read_source(names), chosen, texts, strict):
        (out / file_of(graph.graph, graph.variant)).write_bytes(graph.content)
        console.print(graph.line(), highlight=False)


def verify_source(names: Sequence[str], graphs: Path, corpus: Path | None, console: Console) -> int:
    """Prints what is found of every graph; 1 if any breaks a rule."""
    texts = _held_out_texts(corpus, console)
    findings = verify(read_source(names), graphs, texts)
    table = Table("graph", "variant", "rule", "found", "holds")
    for one in findings:
        table.add_row(one.graph, one.variant, one.rule, one.found, "yes" if one.holds else "NO")
    console.print(table)
    return int(not all(one.holds for one in findings))


def _held_out_texts(corpus: Path | None, console: Console) -> list[str]:
    rows = gathered(TrainingSources(corpus=corpus), console)
    return [row.text for row in rows.held_out]


def _variants(names: Sequence[str]) -> Sequence[Variant]:
    for one in names:
        if one not in get_args(Variant):
            raise SettingError("--variant", one, f"one of {', '.join(get_args(Variant))}")
    return names or SHIPPED  # type: ignore[return-value]


def bundle_source(
    names: Sequence[str],
    title: tuple[str, str],
    out: Path,
    sources: TrainingSources,
    strict: bool,
    console: Console,
) -> None:
    """Makes a bundle; the baseline is trained on the rows that a run would learn from."""
    rows = gathered(sources, console)
    learned, reported = rows.learned, rows.measured
    request = BundleRequest(*title, variants=SHIPPED, strict=strict)
    measured = Measured(learned, rows.held_out, reported, baselines(learned, reported))
    report = make_bundle(read_source(names), request, measured, out)
    for graph in report.exported:
        console.print(graph.line(), highlight=False)
    _print_judgement(report.judged, False, console)


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """What to tell beside the scores."""

    baselines: bool = False
    classes: bool = False
    pictures: Path | None = None


def evaluate_bundle(
    path: Path, sources: TrainingSources, report: EvaluationReport, console: Console
) -> int:
    """Measures a bundle that the service would accept; 1 if a baseline wins where it must not."""
    rows = gathered(sources, console)
    learned, reported = rows.learned, rows.measured
    ask = _ask_bundle(path)
    beside = baselines(learned, reported) if report.baselines else {}
    judged = judge(reported, ask, beside, learned)
    _print_judgement(judged, report.classes, console)
    if report.pictures is not None:
        for picture in draw_confusions(reported, ask, report.pictures):
            console.print(f"wrote {picture}", highlight=False)
    return int(bool(judged.losses))


def _ask_bundle(path: Path) -> Ask:
    open_bundle(path)
    manifest = read_manifest(path)
    names = {task.graph for _, task in manifest.tasks.named()}
    graphs = [(path / manifest.graph_file(name, "cpu-int8")).read_bytes() for name in names]
    tokenizer = read_tokenizer(path / manifest.tokenizer, manifest.max_tokens)
    return ask_of(tokenizer, manifest.tasks, run_of(graphs))


def _print_judgement(judged: Judgement, classes: bool, console: Console) -> None:
    for sheet in sheets(judged, classes):
        console.print(sheet.shown())
    if judged.losses:
        count = len(judged.losses)
        console.print(f"refused: a baseline wins {count} times on a source that nobody learned")
