from pathlib import Path

import pytest
from rich.console import Console
from transformers import BertForSequenceClassification

from exporters.hugging_face import read_checkpoint
from exporters.labels import INTENTS
from exporters.problems import SettingError
from exporters.training_sources import TrainingSources
from exporters.training_steps import adapt_base
from tests.exporters.test_hugging_face import write_checkpoint
from tests.exporters.tiny_corpus import write_corpus

# peft asks transformers by an old name.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")
QUICK = ("epochs=1", "rank=2")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.mark.parametrize("method", ["lora", "adalora"])
def test_a_base_fine_tuned_in_small_parts_is_a_plain_checkpoint(
    method: str, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = write_checkpoint(tmp_path / "base", BertForSequenceClassification, ("a", "b"))
    out = tmp_path / "out"
    changes = [*QUICK, f"method={method}"]
    adapt_base(base, out, "intent", TrainingSources(corpus=corpus), changes, Console())
    assert "epoch 1: loss" in capsys.readouterr().out
    assert read_checkpoint(str(out), "intent").labels == INTENTS


def test_only_heads_of_one_label_are_fine_tuned(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="--head"):
        adapt_base(
            "nowhere", tmp_path, "tags", TrainingSources(corpus=corpus), QUICK, Console(quiet=True)
        )
