"""A bug that one message meets costs that message, in whatever stage it meets it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from consumer.inference.model import Inferred
from consumer.inference.prepared import Prepared
from consumer.pipeline.workers import WorkerSettings
from consumer.records import Prediction
from tests.fakes.memory_stream import MemoryCluster
from tests.pipeline.plant import Plant, decided, say
from tests.pipeline.records import TOPICS
from tests.service.marked_model import MarkedModel

UNPREPARABLE = "<unpreparable>"
UNJOINABLE = "<unjoinable>"
UNROUTABLE = "<unroutable>"
ONE_WINDOW = WorkerSettings(inference_threads=1)


class BuggyModel(MarkedModel):
    """Breaks the model's contract in three ways, each of which another stage trips over."""

    def prepare(self, texts: Sequence[str]) -> list[Prepared]:
        if any(UNPREPARABLE in text for text in texts):
            raise ZeroDivisionError
        return super().prepare(texts)

    def _marked(self, text: str, prediction: Inferred) -> Inferred:
        if UNJOINABLE in text:
            return Prediction({}, {}, {}, 0.0, spans=("span",))  # type: ignore[arg-type]
        if UNROUTABLE in text:
            return Prediction({}, {}, {}, "much", ())  # type: ignore[arg-type]
        return super()._marked(text, prediction)


@pytest.mark.parametrize(
    ("text", "stage"),
    [(UNPREPARABLE, b"prepare"), (UNJOINABLE, b"infer"), (UNROUTABLE, b"route")],
)
def test_a_bug_costs_the_message_that_meets_it(tmp_path: Path, text: str, stage: bytes) -> None:
    cluster = MemoryCluster(TOPICS, 1)
    say(cluster, "c-1", ["hello", "refund", text, "order", text, "thanks"])
    plant = Plant(cluster, tmp_path, BuggyModel(), workers=ONE_WINDOW)
    plant.run_until_done()
    flawed = [one["source"]["offset"] for one in decided(cluster) if one["degraded"]]
    assert flawed == [2, 4]
    assert [one["source"]["offset"] for one in decided(cluster)] == list(range(6))
    letters = cluster.log(TOPICS.dead_letters, 0).records
    told = [dict(headers) for _, _, headers, _ in letters]
    assert [one["x-chat-router-reason"] for one in told] == [b"crash"] * 2
    assert [one["__connect.errors.stage"] for one in told] == [stage] * 2
