"""Invariants 7, 8, 9 and 13: what the partitions and the watchers tell."""

from collections import defaultdict
from collections.abc import Iterator

from tests.checker.history import At, Entry, History
from tests.checker.oracle import Expected
from tests.checker.violation import Violation

CATCH_UP_S = 90.0


def offsets_only_grow(history: History, _expected: Expected) -> Iterator[Violation]:
    """I7: committed offsets never decrease, and at the end they are the end."""
    last: dict[At, int] = {}
    for at, offset in history.samples:
        if offset < last.get(at, offset):
            yield Violation("I7", f"committed {offset} after {last[at]}", at)
        last[at] = offset
    for at, partition in history.partitions.items():
        if at[0] in history.names.inputs and (partition.committed or 0) != partition.end:
            yield Violation("I7", f"committed {partition.committed} of {partition.end}", at)


def readers_agree(history: History, _expected: Expected) -> Iterator[Violation]:
    """I8: who read while the faults happened saw what is there now, in the same order."""
    if history.live is None:
        return
    now: dict[At, list[Entry]] = defaultdict(list)
    for topic in history.names.outputs:
        for entry in history.of(topic):
            now[(topic, entry.partition)].append(entry)
    for at, seen in history.live.items():
        if [_identity(entry) for entry in seen] != [_identity(entry) for entry in now[at]]:
            what = f"a live reader saw {len(seen)} records, now there are {len(now[at])}"
            yield Violation("I8", what, at)


def no_transaction_hangs(history: History, _expected: Expected) -> Iterator[Violation]:
    """I9: the last stable offset is the end of every output partition."""
    for at, partition in history.partitions.items():
        if partition.stable_end != partition.end:
            what = f"stable up to {partition.stable_end} of {partition.end}"
            yield Violation("I9", what, at)


def it_catches_up(history: History, _expected: Expected) -> Iterator[Violation]:
    """I13: after the last fault nothing is left unread within 90 s."""
    if history.caught_up_s is not None and history.caught_up_s > CATCH_UP_S:
        yield Violation("I13", f"caught up after {history.caught_up_s:.0f} s")


def _identity(entry: Entry) -> tuple[int, bytes | None, bytes | None]:
    return entry.offset, entry.key, entry.value
