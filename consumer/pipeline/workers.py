"""The threads that run ahead of the kafka thread: prepare and inference.

Nothing that they do is visible outside, so their work may be thrown away at any time. A fault of
the environment or a bug does not cross threads as an exception: it is kept as `failure`, and the
loop stops on it.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable
from functools import partial

from msgspec import Struct

from consumer.inference.faults import EnvironmentFault
from consumer.inference.model import Model
from consumer.inference.understand import Ready, batches, joined, prepare, rejected, understand
from consumer.pipeline.containment import record_of, unprepared
from consumer.pipeline.isolation import Isolation
from consumer.pipeline.ledger import DEATHS_UNTIL_ISOLATED, AttemptLedger
from consumer.pipeline.ready_queue import ReadyQueue
from consumer.ports import Clock
from consumer.records import Outcome, Record, Rejected, Turn, Understood
from consumer.telemetry.catalogue import ALL_TAKEN, DECODE, TOKENIZE, TOKENS_FULL, WINDOW_FULL
from consumer.telemetry.observer import Observer, Run

_CUSTOMER = "customer"


class WorkerSettings(Struct, frozen=True):
    """How much runs ahead. `token_budget` counts padded tokens of one model run."""

    prepare_threads: int = 1
    inference_threads: int = 2
    window: int = 512
    token_budget: int = 256
    stop_s: float = 5.0


class Settled(Struct, frozen=True, gc=False):
    """An outcome on its way back to the kafka thread."""

    record: Record
    outcome: Outcome


class Workers:
    """Both pools, with the queues between them."""

    def __init__(
        self,
        settings: WorkerSettings,
        decode: Callable[[Record], Turn | Outcome],
        model: Model,
        ledger: AttemptLedger,
        isolation: Isolation,
        clock: Clock,
        observer: Observer,
    ) -> None:
        self._settings = settings
        self._decode = decode
        self._model = model
        self._ledger = ledger
        self._isolation = isolation
        self._clock = clock
        self._observer = observer
        self._chunks: queue.SimpleQueue[list[Record] | None] = queue.SimpleQueue()
        self._ready: ReadyQueue[Ready] = ReadyQueue(
            settings.window, settings.inference_threads, clock.monotonic
        )
        self._settled: deque[list[Settled]] = deque()
        self._busy_since: dict[int, float] = {}
        self._threads: list[threading.Thread] = []
        self.arrived = threading.Event()
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Starts all threads; they end with `stop` or with the process."""
        for number in range(self._settings.prepare_threads):
            self._spawn(f"prepare-{number}", self._prepare_forever)
        for slot in range(self._settings.inference_threads):
            self._spawn(f"inference-{slot}", partial(self._infer_forever, slot))

    def submit(self, records: list[Record]) -> None:
        """Hands over a chunk of records; every one of them comes back settled."""
        if records:
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
        """Asks all threads to end, waits for runs in progress, and leaves a clean ledger."""
        self._ready.close()
        for _ in range(self._settings.prepare_threads):
            self._chunks.put(None)
        for thread in self._threads:
            thread.join(self._settings.stop_s)
        self._isolation.close()
        if not any(thread.is_alive() for thread in self._threads):
            self._ledger.close()

    def _spawn(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as failure:  # the loop raises it, on its own thread
            self.failure = failure
            self.arrived.set()

    def _prepare_forever(self) -> None:
        while (records := self._chunks.get()) is not None:
            self._prepare(records)

    def _prepare(self, records: list[Record]) -> None:
        done: list[Settled] = []
        turns: list[Turn] = []
        began = self._clock.monotonic()
        for record in records:
            outcome = self._decode(record)
            if isinstance(outcome, Turn) and outcome.message.sender.role == _CUSTOMER:
                turns.append(outcome)
            else:
                done.append(Settled(record, outcome))
        decoded = self._clock.monotonic()
        self._observer.staged(DECODE, decoded - began)
        if turns:
            ready, buried = self._prepared(turns)
            self._ready.put(ready)
            done += buried
            self._observer.staged(TOKENIZE, self._clock.monotonic() - decoded)
        self._settle(done)

    def _prepared(self, turns: list[Turn]) -> tuple[list[Ready], list[Settled]]:
        """All at once; where that raises, one by one, so that it costs the one alone."""
        try:
            return prepare(self._model, turns), []
        except (EnvironmentFault, MemoryError):
            raise
        except Exception as fault:  # a bug that one text meets
            if len(turns) == 1:
                return [], [Settled(turns[0].record, unprepared(turns[0], fault))]
        ready: list[Ready] = []
        buried: list[Settled] = []
        for turn in turns:
            good, bad = self._prepared([turn])
            ready += good
            buried += bad
        return ready, buried

    def _infer_forever(self, slot: int) -> None:
        while (share := self._ready.take()).items:
            window = share.items
            self._observer.waited(share.waited_s)
            last_cause = WINDOW_FULL if len(window) == self._settings.window else ALL_TAKEN
            suspects = self._ledger.dirty and self._isolate(window)
            if suspects:
                window = [item for item in window if item not in suspects]
            self._ledger.begin(slot, [turn.record for turn, _ in window])
            try:
                runs = list(batches(window, self._settings.token_budget))
                for number, batch in enumerate(runs, 1):
                    self._run(slot, batch, TOKENS_FULL if number < len(runs) else last_cause)
            except EnvironmentFault:
                self._ledger.excuse(slot)
                raise
            self._ledger.end(slot)

    def _run(self, slot: int, batch: list[Ready], cause: str) -> None:
        began = self._busy_since[slot] = self._clock.monotonic()
        outcomes = understand(self._model, batch)
        del self._busy_since[slot]
        lengths = [prepared.length for _, prepared in batch]
        self._observer.inferred(Run(lengths, self._clock.monotonic() - began, cause))
        self._settle([Settled(record_of(one), one) for one in outcomes])

    def _isolate(self, window: list[Ready]) -> list[Ready]:
        """Those that were in the model at several deaths run alone, in a process of their own."""
        suspects = [
            item for item in window if self._ledger.deaths(item[0].record) >= DEATHS_UNTIL_ISOLATED
        ]
        for turn, prepared in suspects:
            answer = self._isolation.infer(turn.message.text)
            if answer is None:
                deaths = self._ledger.deaths(turn.record)
                outcome: Understood | Rejected = rejected(turn, "crash", "ModelCrash", deaths + 1)
            else:
                outcome = joined(turn, prepared, answer, self._model.languages)
            self._ledger.clear(turn.record)
            self._settle([Settled(turn.record, outcome)])
        return suspects

    def _settle(self, outcomes: list[Settled]) -> None:
        if outcomes:
            self._settled.append(outcomes)
            self.arrived.set()
