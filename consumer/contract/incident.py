"""What is never silent: lost input and stopped intake. Wire types only."""

from msgspec import Struct

from consumer.contract.known_values import LossCause


class InputLost(Struct, frozen=True, kw_only=True, gc=False):
    """Offsets `from_offset` (inclusive) to `to_offset` (exclusive) have no outcome."""

    topic: str
    partition: int
    from_offset: int
    to_offset: int
    cause: LossCause


class IntakeStopped(Struct, frozen=True, kw_only=True, gc=False):
    """Reading of a partition stopped on purpose; `offset` is the first unread one."""

    topic: str
    partition: int
    offset: int
    cause: str
