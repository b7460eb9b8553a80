"""A whole pipeline on the in-memory cluster: real workers, a model with markers, a manual clock.

The loop runs on the test's own thread. Between two turns it asks `Script` whether to stop; there
the test looks, moves time and goes on. What workers need in real time is awaited by conditions.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from consumer.inference.model import Inferred, Model
from consumer.inference.prepared import Prepared
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.pipeline.heart import Heart
from consumer.pipeline.isolation import Isolation
from consumer.pipeline.lane import Lane, LaneLimits
from consumer.pipeline.ledger import AttemptLedger
from consumer.pipeline.loop import LoopSettings, Pipeline
from consumer.pipeline.outputs import Outputs
from consumer.pipeline.workers import Workers, WorkerSettings
from consumer.ports import Assignment, Publication, Published, TopicPartition
from consumer.records import Record
from consumer.routing.in_force import Routers, RulesInForce
from consumer.routing.router import Router
from consumer.telemetry.observer import Observer, Silent
from tests.fakes.manual_clock import ManualClock
from tests.fakes.memory_stream import MemoryCluster, MemoryStream
from tests.pipeline.lanes import MAX_BYTES, RULESET, SOURCE
from tests.pipeline.records import TOPICS, key_of, message
from tests.service.marked_model import MarkedModel, open_marked_model

Turns = Generator[None, None, None]

DEADLINE_S = 20.0
LOOK_AGAIN_S = 0.001
ISOLATION_S = 30.0
# What each look at the clock adds, so that cadences and deadlines pass by themselves.
TICK_S = 0.001


class GatedModel(MarkedModel):
    """Holds every run back while its gate is shut."""

    def __init__(self, is_open: bool = True) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.waiting = 0
        if is_open:
            self.gate.set()

    def infer(self, batch: Sequence[Prepared]) -> list[Inferred]:
        self.waiting += 1
        self.gate.wait(DEADLINE_S)
        return super().infer(batch)


class WatchedStream(MemoryStream):
    """Remembers publications with their outcomes, and how many records were read."""

    def __init__(self, cluster: MemoryCluster) -> None:
        super().__init__(cluster, "0")
        self.publications: list[tuple[Publication, Published]] = []
        self.read = 0

    def poll(self, limit: int, wait_s: float) -> list[Record]:
        records = super().poll(limit, wait_s)
        self.read += len(records)
        return records

    def publish(self, publication: Publication) -> Published:
        outcome = super().publish(publication)
        self.publications.append((publication, outcome))
        return outcome

    def committed(self) -> list[Publication]:
        return [one for one, outcome in self.publications if outcome is Published.COMMITTED]


class Script(threading.Event):
    """A stop signal that runs the test between two turns of the loop; set when the test is over."""

    def __init__(self, turns: Turns, arrived: threading.Event) -> None:
        super().__init__()
        self._turns = turns
        self._arrived = arrived

    def is_set(self) -> bool:
        # Gives the workers the processor; whether anything arrives does not matter.
        self._arrived.wait(LOOK_AGAIN_S)
        try:
            next(self._turns)
        except StopIteration:
            return True
        return False


def until(condition: Callable[[], bool]) -> Turns:
    """Turns until the condition holds."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        yield


def turns(count: int) -> Turns:
    """So many turns."""
    for _ in range(count):
        yield


class Plant:
    """One instance of the service, without Kafka."""

    def __init__(
        self,
        cluster: MemoryCluster,
        folder: Path,
        model: Model | None = None,
        loop: LoopSettings | None = None,
        workers: WorkerSettings | None = None,
        tick_s: float = TICK_S,
        observer: Observer | None = None,
    ) -> None:
        observer = observer or Silent()
        self.cluster = cluster
        self.clock = ManualClock(tick_s)
        self.stream = WatchedStream(cluster)
        self._model = model or MarkedModel()
        self.lanes: list[Lane] = []
        self.rules = RulesInForce(Routers(Router(RULESET, self._model.refs, SOURCE)))
        settings = workers or WorkerSettings()
        self.workers = Workers(
            settings,
            Decoder(IntakeLimits(), TOPICS).decode,
            self._model,
            AttemptLedger(folder, settings.inference_threads),
            Isolation(open_marked_model, ISOLATION_S),
            self.clock,
            observer,
        )
        self.pipeline = Pipeline(
            self.stream,
            self.workers,
            self._open_lane,
            self.rules,
            loop or LoopSettings(),
            self.clock,
            Heart(self.clock, 0.0),
            observer,
        )

    def run(self, script: Turns) -> None:
        """Runs the loop to the end of the script, then lets it drain."""
        self.pipeline.run(Script(script, self.workers.arrived))

    def run_until_done(self) -> None:
        """Runs until every input record is accounted for."""
        self.run(until(self.done))

    def done(self) -> bool:
        return all(
            self.cluster.offsets.get(at, 0) == len(log.records)
            for at, log in self.cluster.logs.items()
            if at[0] in (TOPICS.messages, TOPICS.feedback)
        )

    def _open_lane(self, assignment: Assignment) -> Lane:
        outputs = Outputs(TOPICS, SOURCE, MAX_BYTES)
        lane = Lane(assignment, TOPICS, self.rules, outputs, LaneLimits())
        self.lanes.append(lane)
        return lane


def say(
    cluster: MemoryCluster,
    conversation: str,
    texts: Sequence[str],
    partition: int = 0,
    role: str = "customer",
) -> None:
    """Writes messages of one conversation, a second apart."""
    for text in texts:
        number = len(cluster.log(TOPICS.messages, partition).records)
        value = message(conversation, text, float(number), role, f"{conversation}-{number}")
        cluster.produce(TOPICS.messages, partition, key_of(conversation), value)


def decided(cluster: MemoryCluster) -> list[dict[str, Any]]:
    """All decisions, as published."""
    return [json.loads(value or b"") for _, value in cluster.read(TOPICS.routing)]


def decided_offsets(cluster: MemoryCluster) -> Counter[TopicPartition]:
    """How many decisions each input message has."""
    return Counter(
        (f"{body['source']['partition']}", body["source"]["offset"]) for body in decided(cluster)
    )


def once(per_partition: Mapping[int, int]) -> Counter[TopicPartition]:
    """One decision for each of so many messages of each partition."""
    return Counter(
        (f"{partition}", offset)
        for partition, count in per_partition.items()
        for offset in range(count)
    )
