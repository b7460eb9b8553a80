import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import onnxruntime as ort
import pytest

from consumer.inference.bundle import check_all
from consumer.inference.faults import EnvironmentFault, ProviderError, Unusable
from consumer.inference.manifest import BundleError, read_manifest
from consumer.inference.model import BundleModel
from consumer.inference.opening import choose_variant, open_bundle
from consumer.inference.session import GraphSession
from tests.tiny_bundle import INTENTS, SENTENCES, write_manifest


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy of the tiny bundle, to be broken."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "copy"))


def flip(path: Path, at: int = -100) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def rewrite_golden(folder: Path, change: Any) -> None:
    """Changes the golden rows and makes the hashes right again."""
    path = folder / "golden.json"
    rows: Any = msgspec.json.decode(path.read_bytes())
    change(rows)
    path.write_bytes(msgspec.json.encode(rows))
    write_manifest(folder, read_manifest(folder))


def test_an_opened_bundle_names_itself_in_every_reference(tiny_model: BundleModel) -> None:
    assert tiny_model.provider == "CPUExecutionProvider"
    assert [ref.task for ref in tiny_model.refs] == [
        "category",
        "intent",
        "tags",
        "sentiment",
        "anger",
    ]
    manifest = tiny_model.manifest
    assert {ref.sha256 for ref in tiny_model.refs} == {manifest.files["encoder.cpu-int8.onnx"]}
    assert set(tiny_model.thresholds) == {"category", "intent"}
    assert tiny_model.languages == ("zh", "en")
    assert tiny_model.intents == manifest.tasks.intent.labels


@pytest.mark.parametrize("name", ["encoder.cpu-int8.onnx", "tokenizer.json", "golden.json"])
def test_one_flipped_bit_is_refused(bundle: Path, name: str) -> None:
    flip(bundle / name)
    with pytest.raises(BundleError, match="sha256") as caught:
        open_bundle(bundle)
    assert caught.value.file == name


def test_files_of_other_variants_are_checked_on_demand(bundle: Path) -> None:
    flip(bundle / "encoder.cpu-fp32.onnx")
    open_bundle(bundle)
    with pytest.raises(BundleError, match="cpu-fp32"):
        check_all(bundle, read_manifest(bundle))


def test_a_missing_file_is_refused(bundle: Path) -> None:
    (bundle / "encoder.cpu-int8.onnx").unlink()
    with pytest.raises(BundleError, match="readable"):
        open_bundle(bundle)


def test_a_graph_that_points_to_other_files_is_refused(bundle: Path) -> None:
    path = bundle / "encoder.cpu-int8.onnx"
    model = onnx.load(path)
    onnx.save_model(
        model, path, save_as_external_data=True, location="outside.bin", size_threshold=0
    )
    write_manifest(bundle, read_manifest(bundle))
    with pytest.raises(BundleError, match="external data"):
        open_bundle(bundle)


def test_bytes_that_are_no_graph_are_refused(bundle: Path) -> None:
    (bundle / "encoder.cpu-int8.onnx").write_bytes(b"no graph")
    write_manifest(bundle, read_manifest(bundle))
    with pytest.raises(ProviderError, match="refused the graph"):
        open_bundle(bundle)


def test_golden_ids_that_differ_are_refused(bundle: Path) -> None:
    rewrite_golden(bundle, lambda rows: rows[2]["ids"].append(7))
    with pytest.raises(BundleError, match="row 2"):
        open_bundle(bundle)


@pytest.mark.parametrize(("off_by", "opens"), [(0.0, True), (0.015, True), (0.03, False)])
def test_golden_outputs_hold_within_the_tolerance(bundle: Path, off_by: float, opens: bool) -> None:
    def change(rows: Any) -> None:
        rows[1]["outputs"]["cpu-int8"]["intent"][3] += off_by

    rewrite_golden(bundle, change)
    if opens:
        open_bundle(bundle)
    else:
        with pytest.raises(BundleError, match=r"row 1 is 0\.03"):
            open_bundle(bundle)


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.clear(),
        lambda rows: rows[0]["outputs"].clear(),
        lambda rows: rows[0]["outputs"]["cpu-int8"]["intent"].pop(),
        lambda rows: rows[0].update(extra=1),
    ],
)
def test_golden_files_of_another_shape_are_refused(bundle: Path, change: Any) -> None:
    rewrite_golden(bundle, change)
    with pytest.raises(BundleError, match="golden"):
        open_bundle(bundle)


def test_an_output_that_the_graph_lacks_is_refused(bundle: Path) -> None:
    raw: Any = msgspec.json.decode((bundle / "manifest.json").read_bytes())
    raw["tasks"]["intent"]["output"] = "nothing"
    (bundle / "manifest.json").write_bytes(msgspec.json.encode(raw))
    with pytest.raises(BundleError, match="has this output"):
        open_bundle(bundle)


@pytest.mark.skipif(
    "CUDAExecutionProvider" in ort.get_available_providers(), reason="this build has CUDA"
)
def test_asking_for_cuda_without_cuda_is_an_error(tiny_bundle: Path) -> None:
    graph = (tiny_bundle / "encoder.cpu-fp32.onnx").read_bytes()
    with pytest.raises(ProviderError, match="CUDAExecutionProvider"):
        GraphSession(graph, "cuda")


def test_no_room_for_a_new_session_is_the_environments_fault(
    tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = GraphSession((tiny_bundle / "encoder.cpu-fp32.onnx").read_bytes(), "cpu")

    def full(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("CUDA failure 2: out of memory")

    monkeypatch.setattr(ort, "InferenceSession", full)
    with pytest.raises(EnvironmentFault):
        session.rebuild()


def test_a_bundle_without_the_providers_variant_is_refused(tiny_bundle: Path) -> None:
    manifest = read_manifest(tiny_bundle)
    assert choose_variant(manifest, "cpu") == "cpu-int8"
    assert choose_variant(manifest, "cpu", "cpu-fp32") == "cpu-fp32"
    with pytest.raises(BundleError, match="cuda-fp16"):
        choose_variant(manifest, "cuda")
    with pytest.raises(BundleError, match="cpu runs"):
        choose_variant(manifest, "cpu", "cuda-fp16")


def test_predictions_are_the_softmax_of_the_graphs_outputs(tiny_bundle: Path) -> None:
    model = open_bundle(tiny_bundle, variant="cpu-fp32")
    plain = ort.InferenceSession(
        str(tiny_bundle / "encoder.cpu-fp32.onnx"), providers=["CPUExecutionProvider"]
    )
    for prepared in model.prepare(SENTENCES):
        feeds = {
            "ids": np.array([prepared.ids], np.int32),
            "lengths": np.array([prepared.length], np.int32),
        }
        intents, anger = plain.run(["intent_logits", "anger_logits"], feeds)
        wanted = np.exp(intents[0]) / np.exp(intents[0]).sum()
        (found,) = model.infer([prepared])
        assert not isinstance(found, Unusable)
        assert tuple(found.intent) == INTENTS
        assert list(found.intent.values()) == pytest.approx(wanted.tolist(), abs=1e-4)
        assert found.anger == pytest.approx(float((1 / (1 + np.exp(-anger))).mean()), abs=1e-4)


def test_a_text_gets_the_same_answer_beside_longer_ones(tiny_bundle: Path) -> None:
    model = open_bundle(tiny_bundle, variant="cpu-fp32")
    batch = model.prepare([*SENTENCES, "hi", "退款" * 10])
    together = model.infer(batch)
    for prepared, found in zip(batch, together, strict=True):
        (alone,) = model.infer([prepared])
        assert not isinstance(found, Unusable)
        assert not isinstance(alone, Unusable)
        assert found.intent == pytest.approx(alone.intent, abs=1e-4)
        assert [span[:3] for span in map(msgspec.structs.astuple, found.spans)] == [
            span[:3] for span in map(msgspec.structs.astuple, alone.spans)
        ]


def test_empty_batches_and_texts_without_content_run_nothing(tiny_model: BundleModel) -> None:
    assert tiny_model.infer([]) == []
    nothing, something, again = tiny_model.infer(tiny_model.prepare(["", "refund", "\u200b"]))
    assert not isinstance(nothing, Unusable)
    assert nothing == again != something
    assert nothing.sentiment == {"negative": 0.0, "neutral": 1.0, "positive": 0.0}
    assert nothing.anger == 0.0


def test_the_runtime_is_imported_in_one_file() -> None:
    folder = Path(__file__).parents[2] / "consumer"
    users = {
        path.name
        for path in folder.rglob("*.py")
        if "import onnxruntime" in path.read_text(encoding="utf-8")
    }
    assert users == {"session.py"}
