"""One worker's page of the attempt ledger: what is in the model now. Survives the process.

A memory-mapped file: writing to it is a memory store, and the kernel keeps the page when the
process is killed. The length is written last when a run begins, so a page is whole or empty.
"""

import mmap
import struct
from pathlib import Path

_LENGTH = struct.Struct("<I")
_FIRST_BYTES = 65_536


class LedgerSlot:
    """A length and that many bytes."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(b"\0" * _FIRST_BYTES)
        self._path = path
        self._page = _mapped(path)

    def write(self, content: bytes) -> None:
        """Replaces the content."""
        needed = _LENGTH.size + len(content)
        if needed > len(self._page):
            self._grow(2 * needed)
        self._page[_LENGTH.size : needed] = content
        self._page[: _LENGTH.size] = _LENGTH.pack(len(content))

    def sync(self) -> None:
        """Waits until the disk has it: for the machine's death, not only the process's."""
        self._page.flush()

    def clear(self) -> None:
        """Empties it."""
        self._page[: _LENGTH.size] = _LENGTH.pack(0)

    def close(self) -> None:
        """Unmaps the file."""
        self._page.close()

    def _grow(self, size: int) -> None:
        """Maps a larger file anew: resizing a map in place is not portable."""
        self._page.close()
        with self._path.open("r+b") as file:
            file.truncate(size)
        self._page = _mapped(self._path)


def read_slot(path: Path) -> bytes:
    """What a slot file holds; empty where it is damaged."""
    raw = path.read_bytes()
    if len(raw) < _LENGTH.size:
        return b""
    length: int = _LENGTH.unpack_from(raw)[0]
    return raw[_LENGTH.size : _LENGTH.size + length]


def _mapped(path: Path) -> mmap.mmap:
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), 0)
