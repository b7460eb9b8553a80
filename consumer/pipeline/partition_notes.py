"""What one partition remembers beside its conversations, and its record in the changelog.

The rate guard's meters, and up to where input was lost: a conversation that was there before has a
state that may lack turns. Written in the same transactions as conversations, under a key that no
conversation can have (a tenant is never empty).
"""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from consumer.routing.conversation import StateVersionError

NOTES_KEY = b":partition"
NOTES_VERSION = 1
NOTHING_LOST = -1


class PartitionNotes(Struct, frozen=True, array_like=True):
    """`meters` by kind of escalation, in event time; `lost_before` is an offset of the input."""

    version: int = NOTES_VERSION
    meters: Mapping[str, int] = {}
    lost_before: int = NOTHING_LOST


NO_NOTES = PartitionNotes()
_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(PartitionNotes).decode


def encode(notes: PartitionNotes) -> bytes:
    """The changelog record."""
    return _ENCODE(notes)


def decode(record: bytes) -> PartitionNotes:
    """The notes of a changelog record.

    Raises:
        StateVersionError: written by another version, or damaged.
    """
    try:
        notes = _DECODE(record)
    except msgspec.DecodeError:
        notes = None
    if notes is None or notes.version != NOTES_VERSION:
        message = f"a partition's notes that are not of version {NOTES_VERSION}"
        raise StateVersionError(message)
    return notes
