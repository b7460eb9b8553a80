"""Remembers which messages were in the model when the process died. Judges nothing else.

Counters in the process never grow when it is killed, so a message that crashes the model would
crash every restart for ever. Before a window runs, its coordinates are written to a small file;
afterwards the file is emptied. What a file still holds at start was there at a death.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from consumer.records import Record

Content = TypeVar("Content")
Coordinates = tuple[str, int, int]
DEATHS_UNTIL_ISOLATED = 2
_SUSPECTS = "suspects.json"


class AttemptLedger:
    """One file a worker and one for the suspects, in a folder that outlives the process."""

    def __init__(self, folder: Path, workers: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._suspects = self._read_suspects()
        self._count_deaths(sorted(folder.glob("slot-*.json")))
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
        self._slots = [
            os.open(folder / f"slot-{number}.json", flags, 0o600) for number in range(workers)
        ]
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
        os.pwrite(self._slots[slot], msgspec.json.encode(coordinates), 0)
        if self._suspects:
            os.fsync(self._slots[slot])

    def end(self, slot: int) -> None:
        """All of it came back: none of it is a suspect any more."""
        os.ftruncate(self._slots[slot], 0)
        survivors = self._in_progress.pop(slot, ())
        if self._suspects and any(self._suspects.pop(at, 0) for at in survivors):
            self._write_suspects()

    def clear(self, record: Record) -> None:
        """The suspect has its outcome."""
        if self._suspects.pop(_coordinates(record), 0):
            self._write_suspects()

    def close(self) -> None:
        """Closes the files of a clean stop; they are empty then."""
        for slot in self._slots:
            os.ftruncate(slot, 0)
            os.close(slot)

    def _count_deaths(self, files: Iterable[Path]) -> None:
        died = False
        for file in files:
            for at in _read(file, list[Coordinates], []):
                self._suspects[at] = self._suspects.get(at, 0) + 1
                died = True
        if died:
            self._write_suspects()

    def _read_suspects(self) -> dict[Coordinates, int]:
        path = self._folder / _SUSPECTS
        return dict(_read(path, list[tuple[Coordinates, int]], []))

    def _write_suspects(self) -> None:
        path = self._folder / _SUSPECTS
        draft = path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(list(self._suspects.items())))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


def _coordinates(record: Record) -> Coordinates:
    return record.topic, record.partition, record.offset


def _read(path: Path, kind: type[Content], default: Content) -> Content:
    """Content of a ledger file; a half-written one counts as empty, for its run never began."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, msgspec.DecodeError):
        return default
