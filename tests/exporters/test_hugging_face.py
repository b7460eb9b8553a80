"""Checkpoints as Hugging Face writes them, tiny and random, become a bundle that routes."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
import torch
from rich.console import Console
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertForTokenClassification,
    PreTrainedTokenizerFast,
)

from consumer.inference.opening import open_bundle
from consumer.inference.word_pieces import CLS, MASK, PAD, SEP, UNK
from exporters.cli_steps import bundle_source, export_source, verify_source
from exporters.hugging_face import read_checkpoint
from exporters.model_source import read_source
from exporters.problems import SettingError
from exporters.training_sources import TrainingSources
from exporters.vocabulary import train_tokenizer
from tests.exporters.tiny_corpus import write_corpus

TEXTS = ("where is my parcel, order refund kettle weeks still shame 0123456789", "你好 在吗 快递呢")
pytestmark = pytest.mark.timeout(300)  # tracing costs ten seconds of a core, a graph
QUEUES = ("returns", "wholesale", "press")
MAX_TOKENS = 48


def quiet() -> Console:
    return Console(quiet=True)


@cache  # pieces that are equally frequent are learned in any order
def tokenizer_of(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    made = train_tokenizer(list(texts) * 3, size=200)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=made,
        unk_token=UNK,
        cls_token=CLS,
        sep_token=SEP,
        pad_token=PAD,
        mask_token=MASK,
        model_max_length=MAX_TOKENS,
    )


def write_checkpoint(folder: Path, kind: type, labels: Sequence[str]) -> str:
    torch.manual_seed(3)
    tokenizer = tokenizer_of(TEXTS)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=64,
        max_position_embeddings=MAX_TOKENS,
        initializer_range=0.5,  # so that a random model is sure of what it says
        id2label=dict(enumerate(labels)),
        label2id={label: at for at, label in enumerate(labels)},
    )
    kind(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("checkpoints")
    labels = {
        "category": ("Complaint", "Query", "Suggestion"),
        "intent": QUEUES,
        "tags": ("O", "B-PRODUCT", "I-PRODUCT"),
    }
    return {
        head: write_checkpoint(
            folder / head,
            BertForTokenClassification if head == "tags" else BertForSequenceClassification,
            names,
        )
        for head, names in labels.items()
    }


@pytest.fixture(scope="module")
def bundle(
    checkpoints: dict[str, str], corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("bundles") / "mine"
    names = [f"{head}={checkpoints[head]}" for head in ("intent", "tags")]
    bundle_source(names, ("mine", "1"), out, TrainingSources(corpus=corpus), False, quiet())
    return out


@pytest.fixture(scope="module")
def graphs(
    checkpoints: dict[str, str], corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("graphs")
    names = [f"intent={checkpoints['intent']}"]
    export_source(names, out, ["cpu-fp32"], corpus, True, quiet())
    return out


def test_a_bundle_of_checkpoints_opens_and_answers_with_their_labels(bundle: Path) -> None:
    model = open_bundle(bundle)
    (found,) = model.infer(model.prepare([TEXTS[0]]))
    assert set(found.intent) == set(QUEUES)  # type: ignore[union-attr]
    assert found.sentiment["neutral"] > 0.99  # type: ignore[union-attr]


def test_a_bundle_of_checkpoints_routes(bundle: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "consumer", "route", TEXTS[0]],
        env={**os.environ, "CHAT_ROUTER_BUNDLE__PATH": str(bundle)},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert '"mine"' in done.stdout
    assert json.loads(done.stdout.splitlines()[0])


def test_labels_come_in_the_order_of_the_contract(checkpoints: dict[str, str]) -> None:
    found = read_checkpoint(checkpoints["category"], "category")
    assert found.labels == ("query", "complaint", "suggestion")
    assert found.classifier.order.tolist() == [1, 0, 2]


def test_verify_holds_a_graph_against_its_checkpoint(
    checkpoints: dict[str, str],
    corpus: Path,
    graphs: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = [f"intent={checkpoints['intent']}"]
    assert verify_source(names, graphs, corpus, Console(width=160)) == 0
    printed = capsys.readouterr().out
    for rule in ("outputs", "free axes", "no SkipLayerNormalization", "same bits", "intent: 99.9%"):
        assert rule in printed


def test_verify_fails_where_the_graph_is_of_another_model(
    checkpoints: dict[str, str], corpus: Path, graphs: Path, tmp_path: Path
) -> None:
    torch.manual_seed(9)
    other = BertForSequenceClassification.from_pretrained(checkpoints["intent"])
    torch.nn.init.normal_(other.classifier.weight)
    other.save_pretrained(tmp_path)
    tokenizer_of(TEXTS).save_pretrained(tmp_path)
    assert verify_source([f"intent={tmp_path}"], graphs, corpus, quiet()) == 1


def test_a_checkpoint_with_other_labels_is_refused_by_name(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "odd", BertForSequenceClassification, ("good", "bad"))
    with pytest.raises(SettingError, match=r"--checkpoint sentiment: good, bad: .*id2label"):
        read_checkpoint(folder, "sentiment")


@pytest.mark.parametrize("head", ["tags", "intent"])
def test_a_head_takes_its_own_kind_of_checkpoint(checkpoints: dict[str, str], head: str) -> None:
    wrong = checkpoints["intent" if head == "tags" else "tags"]
    with pytest.raises(SettingError, match="token classifier"):
        read_checkpoint(wrong, head)  # type: ignore[arg-type]


def test_corrupt_weights_are_named(checkpoints: dict[str, str], tmp_path: Path) -> None:
    for file in Path(checkpoints["intent"]).iterdir():
        content = file.read_bytes()
        cut = len(content) // 2 if file.suffix == ".safetensors" else len(content)
        (tmp_path / file.name).write_bytes(content[:cut])
    with pytest.raises(SettingError, match="weights that can be read"):
        read_checkpoint(str(tmp_path), "intent")


def test_a_folder_without_a_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"--checkpoint intent"):
        read_checkpoint(str(tmp_path), "intent")


@pytest.mark.parametrize("name", ["mood=somewhere", "intent=", "a b"])
def test_a_source_is_a_run_or_a_head_with_its_checkpoint(name: str) -> None:
    with pytest.raises(SettingError, match=r"SOURCE|RUN"):
        read_source([name, name])


def test_checkpoints_of_one_bundle_share_a_tokenizer(
    checkpoints: dict[str, str], tmp_path: Path
) -> None:
    other = write_checkpoint(tmp_path, BertForSequenceClassification, QUEUES)
    tokenizer_of(("something else", "entirely")).save_pretrained(other)
    with pytest.raises(SettingError, match="one tokenizer"):
        read_source([f"tags={checkpoints['tags']}", f"intent={other}"])
