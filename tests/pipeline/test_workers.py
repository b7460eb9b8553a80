"""The threads ahead of the loop: all that goes in comes back, and suspects run alone."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.pipeline.isolation import Isolation
from consumer.pipeline.ledger import DEATHS_UNTIL_ISOLATED, AttemptLedger
from consumer.pipeline.workers import Settled, Workers, WorkerSettings
from consumer.records import Record, Rejected, Turn, Understood
from consumer.telemetry.observer import Silent
from tests.fakes.manual_clock import ManualClock
from tests.pipeline.records import TOPICS, message, record
from tests.service.marked_model import DEADLY, MarkedModel, open_marked_model

DEADLINE_S = 30.0


def workers_on(folder: Path, settings: WorkerSettings | None = None) -> Workers:
    settings = settings or WorkerSettings()
    return Workers(
        settings,
        Decoder(IntakeLimits(), TOPICS).decode,
        MarkedModel(),
        AttemptLedger(folder, settings.inference_threads),
        Isolation(open_marked_model, DEADLINE_S),
        ManualClock(),
        Silent(),
    )


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    workers = workers_on(tmp_path)
    yield workers
    workers.stop()


def settled(workers: Workers, records: Sequence[Record]) -> dict[int, Settled]:
    """What has come back of these records, by offset."""
    deadline = time.monotonic() + DEADLINE_S
    found: dict[int, Settled] = {}
    while len(found) < len(records):
        assert time.monotonic() < deadline, "not all came back"
        assert workers.failure is None
        workers.arrived.wait(DEADLINE_S)
        for one in workers.collect():
            assert one.record.offset not in found, "settled twice"
            found[one.record.offset] = one
    return found


def die_with(folder: Path, records: Sequence[Record], times: int) -> None:
    for _ in range(times):
        AttemptLedger(folder, 2).begin(0, records)


def test_every_record_comes_back_once_whatever_it_is(workers: Workers) -> None:
    values = [message("c", "hello"), b"{", None, message("c", "hi", role="agent")] * 25
    records = [record(offset, value) for offset, value in enumerate(values)]
    workers.start()
    workers.submit(records[:40])
    workers.submit(records[40:])
    found = settled(workers, records)
    kinds = [type(found[offset].outcome) for offset in range(4)]
    assert kinds == [Understood, Rejected, Rejected, Turn]
    assert all(one.record is records[offset] for offset, one in found.items())


def test_a_suspect_that_kills_its_child_is_rejected_and_its_neighbours_are_not(
    tmp_path: Path,
) -> None:
    texts = ["<anger=10>", DEADLY, "<anger=20>"]
    records = [record(offset, message("c", text)) for offset, text in enumerate(texts)]
    die_with(tmp_path, records, DEATHS_UNTIL_ISOLATED)
    workers = workers_on(tmp_path)
    workers.start()
    workers.submit(records)
    found = settled(workers, records)
    workers.stop()
    outcomes = [found[offset].outcome for offset in range(3)]
    deadly = outcomes[1]
    assert isinstance(deadly, Rejected)
    assert (deadly.reason, deadly.attempts) == ("crash", DEATHS_UNTIL_ISOLATED + 1)
    assert [type(one) for one in (outcomes[0], outcomes[2])] == [Understood, Understood]
    assert not AttemptLedger(tmp_path, 2).dirty


def test_one_death_is_no_reason_to_isolate(tmp_path: Path) -> None:
    records = [record(0, message("c", "hello"))]
    die_with(tmp_path, records, 1)
    workers = workers_on(tmp_path)
    workers.start()
    workers.submit(records)
    assert isinstance(settled(workers, records)[0].outcome, Understood)
    workers.stop()
    assert not AttemptLedger(tmp_path, 2).dirty


def test_a_stop_before_anything_is_done_ends_all_threads(tmp_path: Path) -> None:
    workers = workers_on(tmp_path, WorkerSettings(prepare_threads=3, inference_threads=3))
    workers.start()
    workers.submit([record(0, message("c", "hello"))])
    workers.stop()
    assert workers.failure is None
    assert not AttemptLedger(tmp_path, 3).dirty
