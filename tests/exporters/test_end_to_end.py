"""Train two epochs of a tiny network, then export, bundle, open and evaluate it."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from consumer.inference.manifest import read_manifest
from consumer.inference.opening import open_bundle
from exporters.bundling import CARD_FILE
from exporters.cli import app, main
from exporters.cli_steps import (
    EvaluationReport,
    bundle_source,
    evaluate_bundle,
    export_source,
    verify_source,
)
from exporters.golden_texts import GOLDEN_TEXTS
from exporters.run_folder import CHECKPOINT_FILE, RunFolder
from exporters.training_sources import TrainingSources
from exporters.training_steps import train_run
from tests.exporters.tiny_corpus import write_corpus

TINY = (
    "epochs=2",
    "epoch_rows=64",
    "layers=1",
    "width=64",
    "feed_forward=64",
    "bag_buckets=1024",
    "vocabulary=300",
    "threads=1",
)
SURE = ("width=128", "feed_forward=128", "learning_rate=0.003")
"""Learns its labels within a few thousand rows."""


def quiet() -> Console:
    return Console(quiet=True)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Path:
    path = tmp_path_factory.mktemp("runs") / "tiny"
    train_run(path, TrainingSources(corpus=corpus), False, TINY, quiet())
    return path


@pytest.fixture(scope="module")
def bundle(run: Path, corpus: Path) -> Path:
    out = run.parent / "bundle"
    bundle_source([str(run)], ("tiny", "1.0"), out, TrainingSources(corpus=corpus), False, quiet())
    return out


def test_a_bundle_of_a_run_is_one_that_the_service_opens(bundle: Path) -> None:
    model = open_bundle(bundle)
    (found,) = model.infer(model.prepare(["where is my kettle"]))
    assert sum(found.category.values()) == pytest.approx(1, abs=1e-4)  # type: ignore[union-attr]


def test_a_bundle_lists_every_file_and_golden_answers_for_each_variant(bundle: Path) -> None:
    manifest = read_manifest(bundle)
    names = {path.name for path in bundle.iterdir()} - {"manifest.json"}
    assert set(manifest.files) == names
    assert set(manifest.graphs[0].variants) == {"cpu-int8", "cuda-fp16"}
    golden = (bundle / manifest.golden).read_text(encoding="utf-8")
    assert golden.count("cuda-fp16") == len(GOLDEN_TEXTS)


def test_the_model_card_tells_data_figures_and_limits(bundle: Path) -> None:
    card = (bundle / CARD_FILE).read_text(encoding="utf-8")
    for heading in ("Intended use", "Training", "Data", "Figures", "Export", "Limits"):
        assert f"## {heading}" in card
    assert "| category | en | own |" in card


def test_a_finished_run_resumes_without_learning_more(run: Path, corpus: Path) -> None:
    before = RunFolder(run).read_record()
    train_run(run, TrainingSources(corpus=corpus), True, (), quiet())
    assert RunFolder(run).read_record() == before


def test_an_interrupted_run_goes_on_from_its_last_epoch_to_the_end(
    run: Path, corpus: Path, tmp_path: Path
) -> None:
    folder = RunFolder(tmp_path / "again")
    train_run(folder.path, TrainingSources(corpus=corpus), False, [*TINY, "epochs=1"], quiet())
    assert folder.read_tensors(CHECKPOINT_FILE)["epoch"] == 1
    folder.write_settings(RunFolder(run).read_settings())
    train_run(folder.path, TrainingSources(corpus=corpus), True, (), quiet())
    resumed = folder.read_tensors(CHECKPOINT_FILE)
    straight = RunFolder(run).read_tensors(CHECKPOINT_FILE)
    for counted in ("epoch", "rows_done"):
        assert resumed[counted] == straight[counted]


def test_export_writes_the_variants_that_were_asked_for(
    run: Path, corpus: Path, tmp_path: Path
) -> None:
    export_source([str(run)], tmp_path, ["cpu-fp32"], corpus, True, quiet())
    assert [path.name for path in tmp_path.iterdir()] == ["encoder.cpu-fp32.onnx"]


def test_a_run_on_two_thousand_rows_becomes_a_graph_that_passes_verify_and_a_bundle(
    tmp_path: Path,
) -> None:
    """Verified in fp32: of so small a net int8 tips a label or two of the few held-out texts."""
    sources = TrainingSources(corpus=write_corpus(tmp_path / "corpus", situations=340))
    run, graphs, made = (tmp_path / name for name in ("run", "graphs", "bundle"))
    train_run(run, sources, False, [*TINY, "epochs=3", "epoch_rows=2000", *SURE], quiet())
    export_source([str(run)], graphs, ["cpu-fp32"], sources.corpus, True, quiet())
    assert verify_source([str(run)], graphs, sources.corpus, quiet()) == 0
    bundle_source([str(run)], ("small", "1.0"), made, sources, False, quiet())
    assert open_bundle(made).infer(open_bundle(made).prepare(["where is my kettle"]))


def test_evaluate_prints_a_row_for_each_head(
    bundle: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate_bundle(bundle, TrainingSources(corpus=corpus), EvaluationReport(), Console(width=120))
    printed = capsys.readouterr().out
    assert all(head in printed for head in ("category", "intent", "sentiment", "anger", "tags"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "{run}"], "--resume"),
        (["train", "{new}", "--set", "colour=3"], "--set: colour"),
        (["train", "{new}", "--set", "epochs=many"], "--set epochs: many"),
        (["train", "{new}", "--set", "epochs=0"], "epochs"),
        (["export", "{new}", "--out", "{new}"], "RUN"),
        (["export", "{run}", "--out", "{new}", "--variant", "tpu"], "--variant: tpu"),
        (["evaluate", "{new}"], "manifest"),
    ],
)
def test_errors_name_the_setting_the_value_and_the_rule(
    arguments: Sequence[str],
    said: str,
    run: Path,
    corpus: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places = {"run": run, "new": tmp_path / "new"}
    filled = [one.format(**places) for one in arguments]
    monkeypatch.setattr("sys.argv", ["chat-models", *filled, "--corpus", str(corpus)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err.replace("\n", " ")


def test_every_command_shows_an_example_in_its_help() -> None:
    for command in app.registered_commands:
        assert command.callback is not None
        assert "Example: chat-models" in (command.callback.__doc__ or "")
