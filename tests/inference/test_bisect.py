from collections.abc import Sequence
from pathlib import Path

import pytest

from consumer.inference.bisect import infer_isolating
from consumer.inference.faults import EnvironmentFault, Unusable
from consumer.inference.model import BundleModel, Inferred
from consumer.inference.opening import open_bundle
from consumer.inference.prepared import Prepared
from consumer.inference.stub import StubModel
from consumer.records import Prediction
from tests.tiny_bundle import NAN_WORD, POISON_WORD, SENTENCES

POISONED = Unusable("model_input", "ModelInputFault")


@pytest.mark.parametrize("poisoned", [{0}, {63}, {3, 9, 10, 40, 63}, set(range(64)), set()])
def test_only_the_texts_that_make_the_run_fail_are_unusable(
    tiny_model: BundleModel, poisoned: set[int]
) -> None:
    texts = [
        f"{POISON_WORD} please" if index in poisoned else SENTENCES[index % len(SENTENCES)]
        for index in range(64)
    ]
    found = infer_isolating(tiny_model, tiny_model.prepare(texts))
    assert len(found) == 64
    for index, one in enumerate(found):
        assert (one == POISONED) is (index in poisoned)
        assert isinstance(one, Prediction) is (index not in poisoned)


def test_a_text_whose_output_is_not_a_number_is_unusable_alone(tiny_bundle: Path) -> None:
    model = open_bundle(tiny_bundle)
    found = infer_isolating(model, model.prepare(["refund", f"a {NAN_WORD} here", "订单"]))
    assert [type(one) for one in found] == [Prediction, Unusable, Prediction]
    assert found[1] == Unusable("model_output", "NotFinite")


class Failing(StubModel):
    """Fails every run, for one reason."""

    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self._fault = fault

    def infer(self, batch: Sequence[Prepared]) -> list[Inferred]:
        raise self._fault


class Flaky(StubModel):
    """Fails its first run of each batch size."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[int] = set()

    def infer(self, batch: Sequence[Prepared]) -> list[Inferred]:
        if len(batch) not in self.seen:
            self.seen.add(len(batch))
            raise ValueError
        return super().infer(batch)


@pytest.mark.parametrize("fault", [EnvironmentFault("gone"), MemoryError()])
@pytest.mark.parametrize("texts", [["a"], ["a", "b"]])
def test_faults_of_the_environment_blame_no_text(fault: Exception, texts: list[str]) -> None:
    model = Failing(fault)
    with pytest.raises(type(fault)):
        infer_isolating(model, model.prepare(texts))


def test_a_text_that_fails_once_gets_a_second_chance() -> None:
    model = Flaky()
    found = infer_isolating(model, model.prepare(["a", "b", "c"]))
    assert all(isinstance(one, Prediction) for one in found)


def test_an_empty_batch_has_no_results(tiny_model: BundleModel) -> None:
    assert infer_isolating(tiny_model, []) == []
