"""Changes of a text that leave its meaning alone: what a label must survive.

Unlike `augment.py` these measure, and no row is trained on them.
"""

from collections.abc import Callable, Mapping
from random import Random

ZERO_WIDTH = "\u200b"
_LOOK_ALIKES = str.maketrans("aeopcxi", "аеорсхі")  # Latin to Cyrillic
_EMOJI = ("🙂", "😅", "🙏", "📦")
_SLIP_CHANCE = 0.05
_HIDDEN_CHANCE = 0.15
_LOOK_ALIKE_CHANCE = 0.15


def typos(text: str, rng: Random) -> str:
    """Doubled, dropped and swapped letters; in Chinese a doubled character now and then."""
    letters = list(text)
    for at, char in enumerate(letters):
        if char.isalpha() and rng.random() < _SLIP_CHANCE:
            letters[at] = rng.choice(("", char * 2)) if char.isascii() else char * 2
    return "".join(letters)


def capitals(text: str, _rng: Random) -> str:
    """All in capitals."""
    return text.upper()


def zero_width(text: str, rng: Random) -> str:
    """Characters that are not seen, between the others."""
    return "".join(char + ZERO_WIDTH * (rng.random() < _HIDDEN_CHANCE) for char in text)


def homoglyphs(text: str, rng: Random) -> str:
    """Some Latin letters as the Cyrillic ones that look like them."""
    return "".join(
        char.translate(_LOOK_ALIKES) if rng.random() < _LOOK_ALIKE_CHANCE else char for char in text
    )


def emoji(text: str, rng: Random) -> str:
    """One at the end."""
    return f"{text} {rng.choice(_EMOJI)}"


PERTURBATIONS: Mapping[str, Callable[[str, Random], str]] = {
    "typos": typos,
    "capitals": capitals,
    "zero width": zero_width,
    "homoglyphs": homoglyphs,
    "emoji": emoji,
}
