"""Remembers which messages were in the model when the process died. Judges nothing else.

Counters in the process never grow when it is killed, so a message that crashes the model would
crash every restart for ever. Before a window runs, its coordinates are written to a slot file;
afterwards the slot is emptied. What a slot still holds at start was there at a death.
"""

import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from consumer.pipeline.ledger_slot import LedgerSlot, read_slot
from consumer.records import Record

Coordinates = tuple[str, int, int]
DEATHS_UNTIL_ISOLATED = 2
_SUSPECTS = "suspects.json"


class AttemptLedger:
    """One slot a worker and one file for the suspects, in a folder that outlives the process."""

    def __init__(self, folder: Path, workers: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._suspects_file = folder / _SUSPECTS
        self._writing = threading.Lock()
        self._suspects = dict(_suspects_in(self._suspects_file))
        self._count_deaths(sorted(folder.glob("slot-*")))
        self._slots = [LedgerSlot(folder / f"slot-{number}") for number in range(workers)]
        self._in_progress: dict[int, tuple[Coordinates, ...]] = {}

    @property
    def dirty(self) -> bool:
        """Whether a death left suspects behind."""
        return bool(self._suspects)

    def deaths(self, record: Record) -> int:
        """How often the process died with this record in the model."""
        if not self._suspects:
            return 0
        return self._suspects.get(_coordinates(record), 0)

    def begin(self, slot: int, records: Iterable[Record]) -> None:
        """Writes down what is about to run; synced to disk while there are suspects."""
        coordinates = tuple(map(_coordinates, records))
        self._in_progress[slot] = coordinates
        self._slots[slot].write(msgspec.json.encode(coordinates))
        if self._suspects:
            self._slots[slot].sync()

    def end(self, slot: int) -> None:
        """All of it came back: none of it is a suspect any more."""
        self._slots[slot].clear()
        survivors = self._in_progress.pop(slot, ())
        if self._suspects:
            self._acquit(survivors)

    def excuse(self, slot: int) -> None:
        """The run ended by a fault of the environment: that says nothing of its messages."""
        self._slots[slot].clear()
        self._in_progress.pop(slot, None)

    def clear(self, record: Record) -> None:
        """The suspect has its outcome."""
        self._acquit((_coordinates(record),))

    def close(self) -> None:
        """Empties the slots of a clean stop."""
        for slot in self._slots:
            slot.clear()
            slot.close()

    def _acquit(self, coordinates: Iterable[Coordinates]) -> None:
        with self._writing:
            acquitted = [at for at in coordinates if self._suspects.pop(at, 0)]
            if acquitted:
                self._write_suspects()

    def _count_deaths(self, slots: Sequence[Path]) -> None:
        held = [at for slot in slots for at in _coordinates_in(slot)]
        for at in held:
            self._suspects[at] = self._suspects.get(at, 0) + 1
        if held:
            self._write_suspects()
        # Counted once, also where there are fewer workers now.
        for slot in slots:
            slot.unlink()

    def _write_suspects(self) -> None:
        """Atomically: a death while writing leaves the old file or the new one."""
        draft = self._suspects_file.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(list(self._suspects.items())))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._suspects_file)


def _coordinates(record: Record) -> Coordinates:
    return record.topic, record.partition, record.offset


def _coordinates_in(slot: Path) -> list[Coordinates]:
    """What a slot holds; a damaged one counts as empty, for its run never began."""
    try:
        return msgspec.json.decode(read_slot(slot), type=list[Coordinates])
    except msgspec.DecodeError:
        return []


def _suspects_in(file: Path) -> list[tuple[Coordinates, int]]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[tuple[Coordinates, int]])
    except (FileNotFoundError, msgspec.DecodeError):
        return []
