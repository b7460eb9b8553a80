"""Writes event times for the wire, with the second cached. Reads no clock."""

from functools import lru_cache

from consumer.contract.clock import format_ms

MS_PER_S = 1_000
_CACHED_SECONDS = 4_096
_CACHED_MOMENTS = 16
_MS_SUFFIX_LENGTH = len(".000Z")
_MS_SUFFIXES = tuple(f".{ms:03d}Z" for ms in range(MS_PER_S))


@lru_cache(maxsize=_CACHED_SECONDS)
def _until_second(second: int) -> str:
    return format_ms(second * MS_PER_S)[:-_MS_SUFFIX_LENGTH]


def stamp(at_ms: int) -> str:
    """The same text as `format_ms`, a sixth of its cost: live times share few seconds."""
    second, ms = divmod(at_ms, MS_PER_S)
    return _until_second(second) + _MS_SUFFIXES[ms]


@lru_cache(maxsize=_CACHED_MOMENTS)
def stamp_of_run(at_ms: int) -> str:
    """`stamp` of a time that many records share: the one at which they are decided together."""
    return stamp(at_ms)


def stamps_after(at_ms: int, first_s: int, second_s: int) -> tuple[str, str]:
    """`stamp` of two times so many seconds after `at_ms`: all three share their milliseconds."""
    second, ms = divmod(at_ms, MS_PER_S)
    suffix = _MS_SUFFIXES[ms]
    return _until_second(second + first_s) + suffix, _until_second(second + second_s) + suffix
