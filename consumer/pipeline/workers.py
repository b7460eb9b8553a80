"""The threads that run ahead of the kafka thread: prepare and inference.

Nothing that they do is visible outside, so their work may be thrown away at any time. A fault of
the environment or a bug does not cross threads as an exception: it is kept as `failure`, and the
loop stops on it.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence

from msgspec import Struct

from consumer.inference.understand import Understander
from consumer.intake.decode import Decoder
from consumer.pipeline.ledger import AttemptLedger
from consumer.pipeline.ready_queue import ReadyQueue
from consumer.inference.prepared import Prepared
from consumer.ports import Clock
from consumer.records import Outcome, Record, Turn

Ready = tuple[Turn, Prepared]
_CUSTOMER = "customer"


class WorkerSettings(Struct, frozen=True):
    """How much runs ahead, and where."""

    prepare_threads: int = 1
    inference_threads: int = 2
    window: int = 512
    token_budget: int = 256


class Settled(Struct, frozen=True, gc=False):
    """An outcome on its way back to the kafka thread."""

    record: Record
    outcome: Outcome


class Workers:
    """Both pools, with the queues between them."""

    def __init__(
        self,
        settings: WorkerSettings,
        decoder: Decoder,
        understander: Understander,
        ledger: AttemptLedger,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._decoder = decoder
        self._understander = understander
        self._ledger = ledger
        self._clock = clock
        self._chunks: queue.SimpleQueue[list[Record] | None] = queue.SimpleQueue()
        self._ready: ReadyQueue[Ready] = ReadyQueue(settings.window, settings.inference_threads)
        self._settled: deque[list[Settled]] = deque()
        self._busy_since: dict[int, float] = {}
        self._threads: list[threading.Thread] = []
        self.arrived = threading.Event()
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Starts all threads; they end with `stop` or with the process."""
        for number in range(self._settings.prepare_threads):
            self._spawn(f"prepare-{number}", self._prepare_forever)
        for number in range(self._settings.inference_threads):
            self._spawn(f"inference-{number}", lambda slot=number: self._infer_forever(slot))

    def submit(self, records: list[Record]) -> None:
        """Hands over a chunk of records; every one of them comes back settled."""
        self._chunks.put(records)

    def collect(self) -> list[Settled]:
        """All outcomes that have arrived."""
        self.arrived.clear()
        outcomes: list[Settled] = []
        while self._settled:
            outcomes += self._settled.popleft()
        return outcomes

    def longest_run_s(self) -> float:
        """Age of the oldest model run in progress: the sign of a message that hangs the model."""
        now = self._clock.monotonic()
        return max((now - since for since in tuple(self._busy_since.values())), default=0.0)

    def stop(self) -> None:
        """Asks all threads to end; does not wait for a model run in progress."""
        self._ready.close()
        for _ in range(self._settings.prepare_threads):
            self._chunks.put(None)

    def _spawn(self, name: str, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except BaseException as failure:  # noqa: B902 - the loop raises it on its own thread
                self.failure = failure
                self.arrived.set()

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _prepare_forever(self) -> None:
        while (records := self._chunks.get()) is not None:
            self._prepare(records)

    def _prepare(self, records: Sequence[Record]) -> None:
        done: list[Settled] = []
        turns: list[Turn] = []
        for record in records:
            outcome = self._decoder.decode(record)
            if isinstance(outcome, Turn) and outcome.message.sender.role == _CUSTOMER:
                turns.append(outcome)
            else:
                done.append(Settled(record, outcome))
        ready: list[Ready] = []
        for turn, prepared in zip(turns, self._understander.prepare(turns), strict=True):
            if prepared.length:
                ready.append((turn, prepared))
            else:
                done.append(Settled(turn.record, self._understander.without_content(turn, prepared)))
        if ready:
            self._ready.put(ready)
        self._settle(done)

    def _infer_forever(self, slot: int) -> None:
        while items := self._ready.take():
            self._ledger.begin(slot, [turn.record for turn, _ in items])
            for batch in self._understander.batches(items, self._settings.token_budget):
                self._busy_since[slot] = self._clock.monotonic()
                outcomes = self._understander.understand(batch)
                del self._busy_since[slot]
                self._settle([Settled(t.record, o) for (t, _), o in zip(batch, outcomes, strict=True)])
            self._ledger.end(slot)

    def _settle(self, outcomes: list[Settled]) -> None:
        if outcomes:
            self._settled.append(outcomes)
            self.arrived.set()
