"""The command `chat-models`: corpus, train, export, bundle, evaluate. Parses and prints only."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from consumer.inference.manifest import BundleError
from exporters.problems import SettingError

app = typer.Typer(
    help="Trains, exports and packages the models of Chat Router.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
corpus_app = typer.Typer(help="Checks and counts the corpus.", no_args_is_help=True)
app.add_typer(corpus_app, name="corpus")

STARTER = Path(__file__).parent.parent / "consumer" / "bundles" / "starter"
USAGE_ERROR = 2

RunArgument = Annotated[Path, typer.Argument(help="Folder of a training run, e.g. runs/first.")]
SourceArgument = Annotated[
    list[str],
    typer.Argument(
        help="A run's folder, or HEAD=CHECKPOINT (Hugging Face folder or hub name). Repeatable.",
    ),
]
SkipOption = Annotated[bool, typer.Option(help="Leave out rows of --data that break a rule.")]
StrictOption = Annotated[
    bool, typer.Option(help="Refuse graphs whose labels stray from the network's.")
]
DataOption = Annotated[
    Path | None,
    typer.Option(help="Folder with more rows: train/*.jsonl and dev/*.jsonl. Default: none."),
]
CorpusOption = Annotated[
    Path | None, typer.Option(help="Corpus folder with en/ and zh/. Default: the one shipped.")
]
EncoderOption = Annotated[
    Path | None,
    typer.Option(help="Folder of a pre-trained English encoder: a teacher. Default: none."),
]
SettingOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="A training setting, e.g. --set epochs=10. Repeatable."),
]


@corpus_app.command("lint")
def lint(corpus: CorpusOption = None) -> None:
    """Lists what is wrong with the corpus; exits with 1 if anything is.

    Example: chat-models corpus lint
    """
    from exporters.cli_steps import lint_corpus

    raise typer.Exit(lint_corpus(corpus, Console()))


@corpus_app.command("stats")
def stats(corpus: CorpusOption = None) -> None:
    """Counts rows by language, label and entity.

    Example: chat-models corpus stats
    """
    from exporters.cli_steps import show_stats

    show_stats(corpus, Console())


@app.command()
def pretrain(
    run: RunArgument,
    data: DataOption = None,
    corpus: CorpusOption = None,
    encoder: EncoderOption = None,
    skip_bad_rows: SkipOption = False,
    setting: SettingOption = None,
) -> None:
    """Teaches the encoder words, from texts alone; `train --start` goes on from there.

    Example: chat-models pretrain runs/words --data ../public --set minutes=30 --set batch_rows=64
    """
    from exporters.training_sources import TrainingSources
    from exporters.training_steps import pretrain_run

    sources = TrainingSources(data, corpus, encoder=encoder, skip_bad_rows=skip_bad_rows)
    pretrain_run(run, sources, setting or [], Console())


@app.command()
def train(
    run: RunArgument,
    data: DataOption = None,
    corpus: CorpusOption = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint.")] = False,
    teachers: Annotated[
        bool,
        typer.Option(help="Soft labels for what nobody labelled, by models of the own rows."),
    ] = True,
    encoder: EncoderOption = None,
    start: Annotated[
        Path | None, typer.Option(help="Folder of a run to start from: its words and weights.")
    ] = None,
    leave_out: Annotated[
        list[str] | None, typer.Option(help="Source not to learn from. Repeatable.")
    ] = None,
    reread: Annotated[
        list[Path] | None,
        typer.Option(help="JSONL of `sha256` and labels that replace a row's own. Repeatable."),
    ] = None,
    skip_bad_rows: SkipOption = False,
    setting: SettingOption = None,
) -> None:
    """Trains the encoder and its five heads.

    Example: chat-models train runs/first --data ../public --set minutes=25
    """
    from exporters.training_sources import TrainingSources
    from exporters.training_steps import train_run

    sources = TrainingSources(
        data,
        corpus,
        tuple(leave_out or ()),
        tuple(reread or ()),
        teachers,
        encoder,
        skip_bad_rows,
        start,
    )
    train_run(run, sources, resume, setting or [], Console())


@app.command()
def adapt(
    base: Annotated[str, typer.Argument(help="Hugging Face encoder: a folder or a hub name.")],
    out: Annotated[Path, typer.Option(help="Folder for the checkpoint.")],
    head: Annotated[str, typer.Option(help="category, intent or sentiment.")],
    data: DataOption = None,
    corpus: CorpusOption = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting, e.g. --set method=adalora. Repeatable."),
    ] = None,
) -> None:
    """Fine-tunes a large encoder to one head with LoRA or AdaLoRA and merges the result.

    Example: chat-models adapt ./my-base --head intent --out checkpoints/intent --set rank=16
    """
    from exporters.training_sources import TrainingSources
    from exporters.training_steps import adapt_base

    adapt_base(base, out, head, TrainingSources(data, corpus), setting or [], Console())


@app.command()
def export(
    source: SourceArgument,
    out: Annotated[Path, typer.Option(help="Folder for the graphs.")],
    variant: Annotated[
        list[str] | None, typer.Option(help="cpu-int8, cpu-fp32 or cuda-fp16. Repeatable.")
    ] = None,
    corpus: CorpusOption = None,
    strict: StrictOption = True,
) -> None:
    """Writes a model's ONNX graphs and compares their labels with the network's.

    Example: chat-models export runs/first --out graphs --variant cpu-fp32

    Example: chat-models export intent=./my-checkpoint --out graphs
    """
    from exporters.cli_steps import export_source

    export_source(source, out, variant or [], corpus, strict, Console())


@app.command()
def verify(
    source: SourceArgument,
    graphs: Annotated[Path, typer.Option(help="Folder of graphs, or a bundle.")],
    corpus: CorpusOption = None,
) -> None:
    """Holds graphs against the model: names, axes, determinism, labels; exits with 1 if one fails.

    Example: chat-models verify runs/first --graphs graphs
    """
    from exporters.cli_steps import verify_source

    raise typer.Exit(verify_source(source, graphs, corpus, Console()))


@app.command()
def bundle(
    source: SourceArgument,
    version: Annotated[str, typer.Option(help="Version to write, e.g. 2026.11.1.")],
    out: Annotated[Path, typer.Option(help="Bundle folder; it is replaced.")] = STARTER,
    name: Annotated[str, typer.Option(help="Name of the bundle.")] = "starter",
    data: DataOption = None,
    corpus: CorpusOption = None,
    strict: StrictOption = True,
    skip_bad_rows: SkipOption = False,
) -> None:
    """Exports, calibrates and measures a model, and writes it as a bundle.

    Example: chat-models bundle runs/first --version 2026.11.1 --data ../public

    Example: chat-models bundle intent=./my-checkpoint --version 1 --name mine --out bundles/mine
    """
    from exporters.cli_steps import bundle_source
    from exporters.training_sources import TrainingSources

    sources = TrainingSources(data, corpus, skip_bad_rows=skip_bad_rows)
    bundle_source(source, (name, version), out, sources, strict, Console())


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="A bundle folder.")] = STARTER,
    data: DataOption = None,
    corpus: CorpusOption = None,
    baseline: Annotated[
        bool, typer.Option(help="Train both baselines on the same rows, for comparison.")
    ] = False,
    classes: Annotated[bool, typer.Option(help="Print the F1 of every label too.")] = False,
    pictures: Annotated[
        Path | None, typer.Option(help="Folder for pictures of what is taken for what.")
    ] = None,
    skip_bad_rows: SkipOption = False,
    leave_source_out: Annotated[
        list[str] | None,
        typer.Option(help="Train without this source and measure on it instead. Repeatable."),
    ] = None,
    setting: SettingOption = None,
) -> None:
    """Measures a bundle on held-out own rows and, with --data, on public development rows.

    Exits with 1 if a baseline wins on a source that nobody learned from.

    Example: chat-models evaluate --data ../public --baseline --pictures confusions

    Example: chat-models evaluate --data ../public --leave-source-out multidogo --set minutes=5
    """
    from exporters.cli_steps import EvaluationReport, evaluate_bundle
    from exporters.training_sources import TrainingSources

    sources = TrainingSources(data, corpus, skip_bad_rows=skip_bad_rows)
    if leave_source_out:
        from exporters.leaving_out import leave_sources_out

        leave_sources_out(leave_source_out, sources, setting or [], Console())
        return
    report = EvaluationReport(baseline, classes, pictures)
    raise typer.Exit(evaluate_bundle(folder, sources, report, Console()))


def main() -> None:
    """Entry point: errors that a user can act on become one line and exit status 2.

    Typer itself ends a command that Ctrl-C interrupts, with 130.
    """
    try:
        app()
    except (SettingError, BundleError, msgspec.ValidationError) as error:
        Console(stderr=True).print(f"error: {error}", highlight=False, markup=False)
        sys.exit(USAGE_ERROR)
