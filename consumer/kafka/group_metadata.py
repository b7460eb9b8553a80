"""Reads the opaque group metadata. Does not build it.

A transaction's offsets with generation -1 and an empty member id are not fenced at all by the
broker (apache/kafka ClassicGroup.validateOffsetCommit), and that is exactly what the client hands
out before the first join and after a missed poll interval. So it is read and refused.
"""

import struct

_PREFIX = b"CGMDv2:"
_GENERATION = struct.Struct("=i")


def generation_and_member(metadata: bytes) -> tuple[int, str] | None:
    """(generation, member id), or None where the bytes are not of the known form."""
    if not metadata.startswith(_PREFIX):
        return None
    body = metadata[len(_PREFIX) :]
    if len(body) < _GENERATION.size:
        return None
    generation: int = _GENERATION.unpack_from(body)[0]
    parts = body[_GENERATION.size :].split(b"\0")
    member = parts[1].decode("utf-8", "replace") if len(parts) > 1 else ""
    return generation, member


def is_member(metadata: bytes) -> bool:
    """Whether the broker can fence a commit made with this metadata."""
    read = generation_and_member(metadata)
    return read is not None and read[0] >= 0 and read[1] != ""
