"""What is remembered of deaths. A death is a ledger that is left with its slots full."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from consumer.pipeline.ledger import DEATHS_UNTIL_ISOLATED, AttemptLedger
from consumer.records import Record

WORKERS = 2
LONG_TOPIC = "t" * 200
MANY = 1_000


def record(offset: int, topic: str = "chat.messages.v1") -> Record:
    return Record(topic, 0, offset, 1, 0, None, b"text")


def die_with(folder: Path, *slots: Sequence[Record], workers: int = WORKERS) -> None:
    """A process that dies while these records are in its model."""
    ledger = AttemptLedger(folder, workers)
    for slot, records in enumerate(slots):
        ledger.begin(slot, records)


def deaths(folder: Path, *offsets: int, workers: int = WORKERS) -> list[int]:
    ledger = AttemptLedger(folder, workers)
    return [ledger.deaths(record(offset)) for offset in offsets]


def test_a_first_start_suspects_nobody(tmp_path: Path) -> None:
    ledger = AttemptLedger(tmp_path / "made" / "here", WORKERS)
    assert not ledger.dirty
    assert ledger.deaths(record(1)) == 0


def test_what_a_slot_still_holds_was_in_the_model_at_a_death(tmp_path: Path) -> None:
    die_with(tmp_path, [record(1), record(2)], [record(3)])
    ledger = AttemptLedger(tmp_path, WORKERS)
    assert ledger.dirty
    assert [ledger.deaths(record(offset)) for offset in (1, 2, 3, 4)] == [1, 1, 1, 0]
    assert ledger.deaths(record(1, "chat.feedback.v1")) == 0


def test_two_deaths_are_enough_to_isolate_and_are_remembered_without_a_third(
    tmp_path: Path,
) -> None:
    die_with(tmp_path, [record(1), record(2)])
    die_with(tmp_path, [record(1), record(3)])
    assert deaths(tmp_path, 1, 2, 3) == [DEATHS_UNTIL_ISOLATED, 1, 1]
    assert deaths(tmp_path, 1, 2, 3) == [DEATHS_UNTIL_ISOLATED, 1, 1]


def test_a_window_that_came_back_is_no_suspect(tmp_path: Path) -> None:
    ledger = AttemptLedger(tmp_path, WORKERS)
    ledger.begin(0, [record(1)])
    ledger.end(0)
    ledger.begin(0, [record(2)])
    assert deaths(tmp_path, 1, 2) == [0, 1]


def test_a_survivor_of_a_later_window_is_cleared_and_stays_cleared(tmp_path: Path) -> None:
    die_with(tmp_path, [record(1), record(2)])
    ledger = AttemptLedger(tmp_path, WORKERS)
    ledger.begin(0, [record(1)])
    ledger.end(0)
    assert [ledger.deaths(record(1)), ledger.deaths(record(2))] == [0, 1]
    assert deaths(tmp_path, 1, 2) == [0, 1]


def test_a_suspect_with_an_outcome_is_cleared_and_the_last_one_makes_the_ledger_clean(
    tmp_path: Path,
) -> None:
    die_with(tmp_path, [record(1)])
    ledger = AttemptLedger(tmp_path, WORKERS)
    ledger.clear(record(1))
    assert not ledger.dirty
    assert not AttemptLedger(tmp_path, WORKERS).dirty


def test_what_an_environment_fault_stopped_is_neither_suspect_nor_survivor(tmp_path: Path) -> None:
    die_with(tmp_path, [record(1)])
    ledger = AttemptLedger(tmp_path, WORKERS)
    ledger.begin(0, [record(1), record(2)])
    ledger.excuse(0)
    assert deaths(tmp_path, 1, 2) == [1, 0]


def test_a_clean_stop_leaves_no_suspect_even_in_a_window_that_was_cut_short(
    tmp_path: Path,
) -> None:
    ledger = AttemptLedger(tmp_path, WORKERS)
    ledger.begin(0, [record(1)])
    ledger.close()
    assert not AttemptLedger(tmp_path, WORKERS).dirty


def test_fewer_workers_than_before_count_a_death_only_once(tmp_path: Path) -> None:
    die_with(tmp_path, [record(1)], [record(2)], [record(3)], workers=3)
    assert deaths(tmp_path, 1, 2, 3, workers=1) == [1, 1, 1]
    assert deaths(tmp_path, 1, 2, 3, workers=1) == [1, 1, 1]
    assert deaths(tmp_path, 1, 2, 3, workers=3) == [1, 1, 1]


def test_a_window_beyond_a_page_is_remembered_whole(tmp_path: Path) -> None:
    ledger = AttemptLedger(tmp_path, WORKERS)
    ledger.begin(0, [record(offset, LONG_TOPIC) for offset in range(MANY)])
    after = AttemptLedger(tmp_path, WORKERS)
    assert {after.deaths(record(offset, LONG_TOPIC)) for offset in range(MANY)} == {1}


def test_windows_are_written_anew_each_time_whatever_their_sizes(tmp_path: Path) -> None:
    ledger = AttemptLedger(tmp_path, WORKERS)
    for offsets in (range(100), range(1), range(50, 60)):
        ledger.begin(0, [record(offset) for offset in offsets])
    assert deaths(tmp_path, 0, 49, 50, 59, 60) == [0, 0, 1, 1, 0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x07",
        b"\xff\xff\xff\xff",
        b"\x10\x00\x00\x00" + b'[["chat.messages',
        b"\x04\x00\x00\x00" + b"\xff\xfe\xfd\xfc",
        b"\x08\x00\x00\x00" + b'[["t",0]',
        b"\x02\x00\x00\x00{}",
    ],
)
def test_a_half_written_slot_is_a_run_that_never_began(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "slot-0").write_bytes(content)
    assert not AttemptLedger(tmp_path, WORKERS).dirty


@pytest.mark.parametrize("content", [b"", b"[[[", b'[[["t",0,1],', b"\xff\xfe", b'{"a":1}'])
def test_a_half_written_file_of_suspects_is_ignored(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "suspects.json").write_bytes(content)
    (tmp_path / "suspects.draft").write_bytes(content)
    die_with(tmp_path, [record(1)])
    assert deaths(tmp_path, 1) == [1]
