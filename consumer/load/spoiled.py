"""Records that no router can use, one kind for each way to be unusable. Deterministic."""

import random
from collections.abc import Callable, Mapping

from msgspec import Struct

_DEEP = 2_000
_LARGE_BYTES = 300_000


class Spoiled(Struct, frozen=True):
    """A value, and headers where the fault is in them."""

    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def _null(_: bytes) -> Spoiled:
    return Spoiled(None)


def _empty(_: bytes) -> Spoiled:
    return Spoiled(b"")


def _cut_short(good: bytes) -> Spoiled:
    return Spoiled(good[: len(good) // 2])


def _not_json(_: bytes) -> Spoiled:
    return Spoiled(b"<message>hello</message>")


def _not_utf8(good: bytes) -> Spoiled:
    return Spoiled(good.replace(b'"text":"', b'"text":"\xff\xfe', 1))


def _no_text(good: bytes) -> Spoiled:
    return Spoiled(good.replace(b'"text":', b'"txt":', 1))


def _wrong_type(good: bytes) -> Spoiled:
    return Spoiled(good.replace(b'"text":"', b'"text":7,"was":"', 1))


def _too_deep(_: bytes) -> Spoiled:
    return Spoiled(b"[" * _DEEP + b"]" * _DEEP)


def _too_large(good: bytes) -> Spoiled:
    return Spoiled(good[:-1] + b',"padding":"' + b"x" * _LARGE_BYTES + b'"}')


def _other_type(good: bytes) -> Spoiled:
    return Spoiled(good, (("ce_specversion", b"1.0"), ("ce_type", b"order.placed")))


KINDS: Mapping[str, Callable[[bytes], Spoiled]] = {
    "null_value": _null,
    "empty": _empty,
    "cut_short": _cut_short,
    "not_json": _not_json,
    "not_utf8": _not_utf8,
    "no_text": _no_text,
    "wrong_type": _wrong_type,
    "too_deep": _too_deep,
    "too_large": _too_large,
    "other_type": _other_type,
}


def spoil(chance: random.Random, good: bytes) -> Spoiled:
    """One of the kinds, each as likely as the others."""
    return KINDS[chance.choice(tuple(KINDS))](good)
