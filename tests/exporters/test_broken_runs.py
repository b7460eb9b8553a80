"""What breaks a run: nothing is half-written, the error names it, and the run goes on."""

import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from rich.console import Console

from exporters.labels import INTENTS
from exporters.problems import SettingError
from exporters.run_folder import CHECKPOINT_FILE, TOKENIZER_FILE, WEIGHTS_FILE, RunFolder
from exporters.settings import changed
from exporters.training_sources import TrainingSources
from exporters.training_steps import train_run
from tests.exporters.tiny_corpus import write_corpus

TINY = (
    "epochs=1",
    "epoch_rows=32",
    "layers=1",
    "width=64",
    "feed_forward=64",
    "bag_buckets=1024",
    "vocabulary=300",
    "threads=1",
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture
def run(tmp_path: Path, corpus: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    train_run(folder.path, TrainingSources(corpus=corpus), False, TINY, Console(quiet=True))
    return folder


def resume(folder: RunFolder, corpus: Path) -> None:
    train_run(folder.path, TrainingSources(corpus=corpus), True, (), Console(quiet=True))


def test_a_corrupt_checkpoint_is_named_and_left_alone(run: RunFolder, corpus: Path) -> None:
    file = run.path / CHECKPOINT_FILE
    cut = file.read_bytes()[:2_000]
    file.write_bytes(cut)
    with pytest.raises(SettingError, match=r"checkpoint\.pt: a checkpoint that can be read"):
        resume(run, corpus)
    assert file.read_bytes() == cut


def test_a_checkpoint_with_other_labels_is_named(run: RunFolder, corpus: Path) -> None:
    saved = run.read_tensors(CHECKPOINT_FILE)
    name = "message_heads.intent.out.weight"
    saved["network"][name] = torch.zeros(len(INTENTS) + 1, saved["network"][name].shape[1])
    run.write_tensors(CHECKPOINT_FILE, saved)
    with pytest.raises(SettingError, match=r"checkpoint\.pt: weights of the labels"):
        resume(run, corpus)


def test_weights_of_another_size_are_named(run: RunFolder) -> None:
    saved = run.read_tensors(WEIGHTS_FILE)
    saved.pop("tag_head.weight")
    run.write_tensors(WEIGHTS_FILE, saved)
    with pytest.raises(SettingError, match=r"weights\.pt: weights of the labels"):
        run.network()


def test_a_disk_that_fills_up_costs_no_finished_epoch(run: RunFolder) -> None:
    before = (run.path / CHECKPOINT_FILE).read_bytes()
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))  # files grow no further
    try:
        with pytest.raises(SettingError, match=r"checkpoint\.pt: a disk that takes it"):
            run.write_tensors(CHECKPOINT_FILE, {"a": torch.zeros(50_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert (run.path / CHECKPOINT_FILE).read_bytes() == before
    assert not list(run.path.glob("*.part"))


def test_ctrl_c_in_mid_epoch_leaves_a_run_that_resumes(tmp_path: Path, corpus: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    changes = [*TINY, "epochs=500", "minutes=5"]
    started = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from exporters.cli import main; main()",
            "train",
            str(folder.path),
            "--corpus",
            str(corpus),
            *(part for change in changes for part in ("--set", change)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
        # Whoever started the tests in the background has Ctrl-C ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    until = time.monotonic() + 60
    while not (folder.path / WEIGHTS_FILE).exists() and time.monotonic() < until:
        assert started.poll() is None
    started.send_signal(signal.SIGINT)
    assert started.wait(timeout=60) != 0
    assert not list(folder.path.glob("*.part"))
    assert (folder.path / TOKENIZER_FILE).exists()
    done = folder.read_tensors(CHECKPOINT_FILE)["epoch"] if folder.has_checkpoint else 0
    shorter = changed(folder.read_settings(), {"epochs": done + 1})
    folder.write_settings(shorter)
    resume(folder, corpus)
    assert folder.read_tensors(CHECKPOINT_FILE)["epoch"] == done + 1
