"""What each command of `chat-models` does, from its arguments to what it prints."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from shutil import copyfile
from typing import get_args

import msgspec
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
from exporters.pretraining import Pretraining
from exporters.problems import SettingError
from exporters.public_rows import Refused, read_dev_rows, read_training_rows, sample_by_source
from exporters.rereading import read_table, reread
from exporters.robustness import Ask
from exporters.rows import Row
from exporters.run_folder import SETTINGS_FILE, TOKENIZER_FILE, VECTORS_FILE, RunFolder
from exporters.sentence_encoder import SentenceEncoder
from exporters.settings import TrainingSettings, changed
from exporters.splits import split_by_situation
from exporters.teachers import Encoder, Teaching, taught_by, vectors_taught
from exporters.training import Training, TrainingRows
from exporters.verifying import verify
from exporters.vocabulary import train_tokenizer

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


@dataclass(frozen=True, slots=True)
class TrainingSources:
    """Where a run's rows and teachers come from."""

    data: Path | None = None
    corpus: Path | None = None
    left_out: tuple[str, ...] = ()
    reread: tuple[Path, ...] = ()
    teachers: bool = True
    encoder: Path | None = None
    skip_bad_rows: bool = False
    start: Path | None = None

    @property
    def refused(self) -> Refused:
        """A new list for bad rows, if they are to be passed over."""
        return [] if self.skip_bad_rows else None


def pretrain_run(
    path: Path, sources: TrainingSources, changes: Sequence[str], console: Console
) -> None:
    """Teaches a new run words; its weights are for other runs to start from."""
    folder = RunFolder(path)
    rows = _training_rows(sources.data, sources.corpus, refused := sources.refused)
    _tell_refused(refused, console)
    settings = _begin(folder, rows, None, changes)
    teaching, word_vectors = Teaching({}, {}, None), {}
    if sources.encoder is not None:
        console.print("asking the encoder")
        encoder = Encoder(sources.encoder, path / VECTORS_FILE, settings.encoder_texts)
        teaching = vectors_taught(rows.own, rows.public, encoder)
        word_vectors = SentenceEncoder(sources.encoder).word_vectors()
    read = [*rows.own, *rows.public]
    Pretraining(read, teaching, settings, folder, console).train(word_vectors)


def train_run(
    path: Path, sources: TrainingSources, resume: bool, changes: Sequence[str], console: Console
) -> None:
    """Trains a new run, or goes on with one."""
    folder, rows = RunFolder(path), _sources_rows(sources, console)
    start = RunFolder(sources.start) if sources.start is not None else None
    settings = folder.read_settings() if resume else _begin(folder, rows, start, changes)
    rows = replace(rows, public=_some(rows.public, settings.source_rows), start=start)
    if sources.teachers and rows.public:
        console.print("asking the teachers")
        encoder = None
        if sources.encoder is not None:
            encoder = Encoder(sources.encoder, path / VECTORS_FILE, settings.encoder_texts)
            place = sources.encoder.resolve()
            rows = replace(rows, encoder=f"{place.parent.name}/{place.name}")
        teaching = taught_by(rows.own, rows.public, encoder)
        rows = replace(rows, teaching=teaching)
    Training(rows, settings, folder, console).train(resume)


def _begin(
    folder: RunFolder, rows: TrainingRows, start: RunFolder | None, changes: Sequence[str]
) -> TrainingSettings:
    """Makes the folder of a new run; its words are those of the run that it starts from."""
    if (folder.path / SETTINGS_FILE).exists():
        raise SettingError("RUN", folder.path, "a new folder, or --resume")
    settings = changed(TrainingSettings(), _parsed(changes))
    if start is not None:
        start.check_shape(settings)
    folder.write_settings(settings)
    if start is not None:
        copyfile(start.path / TOKENIZER_FILE, folder.path / TOKENIZER_FILE)
        return settings
    public = _some(rows.public, settings.source_rows)
    texts = [row.text for row in (*public, *(list(rows.own) * OWN_TEXT_COPIES))]
    train_tokenizer(texts, settings.vocabulary).save(str(folder.path / TOKENIZER_FILE))
    return settings


def _sources_rows(sources: TrainingSources, console: Console) -> TrainingRows:
    """Rows to learn from, without the sources left out; a few development rows to watch."""
    rows = _training_rows(sources.data, sources.corpus, refused := sources.refused)
    kept = [row for row in rows.public if row.source not in sources.left_out]
    unknown = set(sources.left_out) - {row.source for row in rows.public}
    if unknown:
        raise SettingError("--leave-out", ", ".join(sorted(unknown)), "a source of --data")
    dev = read_dev_rows(sources.data, refused) if sources.data else []
    watched = sample_by_source(dev, WATCHED_ROWS)
    _tell_refused(refused, console)
    public = reread(kept, read_table(sources.reread))
    return replace(rows, public=public, watched=watched)


def _some(rows: Iterable[Row], most: int) -> list[Row]:
    """At most so many of each source."""
    by_source: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_source[row.source].append(row)
    rng = Random(most)  # noqa: S311 - draws rows, keeps no secret
    return [
        row
        for each in by_source.values()
        for row in (each if len(each) <= most else rng.sample(each, most))
    ]


def adapt_base(
    base: str,
    out: Path,
    head: str,
    sources: tuple[Path | None, Path | None],
    changes: Sequence[str],
    console: Console,
) -> None:
    """Fine-tunes somebody's encoder to a head on the rows that a run would learn from."""
    from exporters.adapters import AdapterSettings, adapt

    rows = _training_rows(*sources)
    parsed = dict(change.partition("=")[::2] for change in changes)
    settings = msgspec.convert(parsed, AdapterSettings, strict=False)
    adapt(base, head, [*rows.own, *rows.public], settings, out, console)


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
    texts = [row.text for row in _training_rows(None, corpus).held_out]
    for graph in export(read_source(names), chosen, texts, strict):
        (out / file_of(graph.graph, graph.variant)).write_bytes(graph.content)
        console.print(graph.line(), highlight=False)


def verify_source(names: Sequence[str], graphs: Path, corpus: Path | None, console: Console) -> int:
    """Prints what is found of every graph; 1 if any breaks a rule."""
    texts = [row.text for row in _training_rows(None, corpus).held_out]
    findings = verify(read_source(names), graphs, texts)
    table = Table("graph", "variant", "rule", "found", "holds")
    for one in findings:
        table.add_row(one.graph, one.variant, one.rule, one.found, "yes" if one.holds else "NO")
    console.print(table)
    return int(not all(one.holds for one in findings))


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
    rows = _training_rows(sources.data, sources.corpus, refused := sources.refused)
    dev = read_dev_rows(sources.data, refused) if sources.data else []
    _tell_refused(refused, console)
    reported = [*rows.held_out, *dev]
    learned = [*rows.own, *rows.public]
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
    refused = sources.refused
    rows = _training_rows(sources.data, sources.corpus, refused)
    dev = read_dev_rows(sources.data, refused) if sources.data else []
    _tell_refused(refused, console)
    reported, learned = [*rows.held_out, *dev], [*rows.own, *rows.public]
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


def _tell_refused(refused: Refused, console: Console) -> None:
    for error in (refused or ())[:SHOWN_REFUSALS]:
        console.print(f"left out: {error}", highlight=False, markup=False)
    if refused:
        console.print(f"{len(refused)} bad rows left out")


def _training_rows(data: Path | None, corpus: Path | None, refused: Refused = None) -> TrainingRows:
    own: list[Row] = read_corpus(corpus or CORPUS_FOLDER).every_row()
    learned, held_out = split_by_situation(own)
    if not learned or not held_out:
        raise SettingError("--corpus", len(own), "enough situations to hold some out")
    return TrainingRows(learned, read_training_rows(data, refused) if data else [], held_out)


def _parsed(changes: Sequence[str]) -> dict[str, object]:
    """`name=value` pairs; numbers as numbers."""
    found: dict[str, object] = {}
    for change in changes:
        name, _, value = change.partition("=")
        if name not in TrainingSettings.__struct_fields__:
            known = ", ".join(TrainingSettings.__struct_fields__)
            raise SettingError("--set", name, f"one of {known}")
        try:
            found[name] = float(value) if "." in value or "e" in value else int(value)
        except ValueError as error:
            raise SettingError(f"--set {name}", value, "a number") from error
    return found
