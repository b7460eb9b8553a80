"""A bug that one message meets costs that message, in whatever stage it meets it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from consumer.inference.model import Inferred
from consumer.inference.prepared import Prepared
from consumer.pipeline.lane import Lane, LaneLimits
from consumer.pipeline.outputs import Outputs
from consumer.pipeline.workers import WorkerSettings
from consumer.ports import Assignment
from consumer.records import Prediction, Rejected, Understood
from consumer.routing.conversation import Conversation
from consumer.routing.rate_guard import Guard
from consumer.routing.router import Routed, Router
from tests.fakes.memory_stream import MemoryCluster
from tests.pipeline.lanes import (
    MAX_BYTES,
    MODEL,
    RULESET,
    SOURCE,
    Talk,
    dead_letters,
    decisions,
)
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


class HopelessRouter(Router):
    """Can decide nothing of one conversation, not even that it cannot be read."""

    def decide(
        self,
        understood: Understood,
        prior: Conversation | None,
        now_ms: int,
        guard: Guard | None = None,
    ) -> Routed:
        if understood.turn.message.conversation_id == "hopeless":
            raise ZeroDivisionError
        return super().decide(understood, prior, now_ms, guard)

    def degrade(
        self,
        rejected: Rejected,
        prior: Conversation | None,
        now_ms: int,
        guard: Guard | None = None,
    ) -> Routed:
        raise ZeroDivisionError


def test_a_bug_that_spares_no_decision_costs_that_message_still() -> None:
    lane = Lane(
        Assignment(0, 1, {TOPICS.messages: 0, TOPICS.feedback: 0}),
        TOPICS,
        HopelessRouter(RULESET, MODEL.refs, SOURCE),
        Outputs(TOPICS, SOURCE, MAX_BYTES),
        LaneLimits(),
    )
    talk = Talk(lane)
    talk.says("hello")
    talk.says("hello", conversation="hopeless")
    talk.says("hello")
    records = talk.commits()
    assert [one["source"]["offset"] for one in decisions(records)] == [0, 2]
    (letter,) = dead_letters(records)
    assert letter["x-chat-router-reason"] == "crash"
    assert talk.offsets == {(TOPICS.messages, 0): 3}
