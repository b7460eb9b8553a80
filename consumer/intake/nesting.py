"""How deeply a JSON value is nested, without parsing it. Does not check that it is JSON."""

import re
from itertools import accumulate

# An unterminated string runs to the end: looking for another start would make it quadratic.
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_OPENING = b"[{"
_CLOSING = b"]}"
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(_OPENING + _CLOSING))
_STEP = tuple((byte in _OPENING) - (byte in _CLOSING) for byte in range(256))


def is_deeper(value: bytes, limit: int) -> bool:
    """Whether arrays and objects stand more than `limit` deep. Linear in the length."""
    if value.count(b"{") + value.count(b"[") <= limit:
        return False
    brackets = _STRINGS.sub(b"", value).translate(None, _ALL_BUT_BRACKETS)
    return any(depth > limit for depth in accumulate(map(_STEP.__getitem__, brackets)))
