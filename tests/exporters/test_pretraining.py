"""Words first, then labels: `pretrain`, and `train --start`."""

from pathlib import Path

import pytest
import torch
from rich.console import Console

from exporters.network import Network, Shape
from exporters.pretraining import start_from
from exporters.problems import SettingError
from exporters.run_folder import TOKENIZER_FILE, WEIGHTS_FILE, RunFolder
from exporters.training_sources import TrainingSources
from exporters.training_steps import pretrain_run, train_run
from tests.exporters.test_end_to_end import TINY, quiet
from tests.exporters.tiny_corpus import write_corpus


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> TrainingSources:
    return TrainingSources(corpus=write_corpus(tmp_path_factory.mktemp("corpus")))


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory, sources: TrainingSources) -> Path:
    path = tmp_path_factory.mktemp("runs") / "words"
    pretrain_run(path, sources, [*TINY, "epochs=4"], quiet())
    return path


def test_hidden_words_are_guessed_better_with_every_epoch(
    sources: TrainingSources, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pretrain_run(tmp_path / "words", sources, [*TINY, "epochs=4"], Console(width=120))
    told = [line for line in capsys.readouterr().out.splitlines() if "words" in line]
    losses = [float(line.split("words")[1].split()[0]) for line in told]
    assert losses[-1] < losses[0]


def test_a_run_starts_from_the_words_and_weights_of_another(
    words: Path, sources: TrainingSources, tmp_path: Path
) -> None:
    path = tmp_path / "run"
    started = TrainingSources(corpus=sources.corpus, start=words)
    train_run(path, started, False, [*TINY, "learning_rate=1e-9"], quiet())
    assert (path / TOKENIZER_FILE).read_bytes() == (words / TOKENIZER_FILE).read_bytes()
    before, after = (RunFolder(one).read_tensors(WEIGHTS_FILE) for one in (words, path))
    assert torch.allclose(before["layers.0.qkv.weight"], after["layers.0.qkv.weight"], atol=1e-4)
    assert RunFolder(path).read_record()["start"]["rows_seen"] > 0


def test_a_run_of_another_shape_cannot_start_from_it(
    words: Path, sources: TrainingSources, tmp_path: Path
) -> None:
    started = TrainingSources(corpus=sources.corpus, start=words)
    with pytest.raises(SettingError, match="--start"):
        train_run(tmp_path / "run", started, False, [*TINY, "layers=2"], quiet())
    assert not (tmp_path / "run").exists()


def test_known_pieces_start_near_where_another_encoder_has_them() -> None:
    network = Network(Shape(vocabulary=102, width=64))
    before = network.tokens.weight.detach().clone()
    vectors = torch.randn(100, 96)
    vectors[1] = vectors[0] + 0.1
    known = {f"piece{at}": vector for at, vector in enumerate(vectors)}
    start_from(network, {"[PAD]": 0, **{name: at + 2 for at, name in enumerate(known)}}, known)
    after = network.tokens.weight.detach()
    assert torch.equal(after[:2], before[:2])
    near, far = (torch.cosine_similarity(after[2], after[at], dim=0) for at in (3, 4))
    assert near > 0.9 > far
