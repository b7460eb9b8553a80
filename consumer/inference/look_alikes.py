"""Puts Latin letters back where Cyrillic or Greek ones that look like them hide a word.

A word of mixed scripts is the sign (UTS #39, 5.1); text that is plainly Russian or Greek stays as
it is. One letter becomes one letter, so offsets stay right.
"""

import re

_LATIN_OF = str.maketrans(
    "асеоріѕјхуһԁԛԝАВСЕНІЈКМОРЅТХУԚԜοανρκΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aceopisjxyhdqwABCEHIJKMOPSTXYQWoavpkABEZHIKMNOPTYX",
)
_OTHER_SCRIPT = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_WORD = re.compile("[A-Za-z\u0370-\u03ff\u0400-\u052f]+")
_MIXED = re.compile("[A-Za-z][\u0370-\u03ff\u0400-\u052f]|[\u0370-\u03ff\u0400-\u052f][A-Za-z]")


def unmasked(text: str) -> str:
    """The text, of the same length; words that hold letters without a Latin twin are kept."""
    if _OTHER_SCRIPT.search(text) is None or _MIXED.search(text) is None:
        return text
    return _WORD.sub(lambda word: _latin(word[0]), text)


def _latin(word: str) -> str:
    changed = word.translate(_LATIN_OF)
    return changed if changed.isascii() else word
