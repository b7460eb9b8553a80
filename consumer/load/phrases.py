"""Sentences with gaps, by language and temper, and what goes into the gaps. Reads two files."""

import random
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["zh", "en"]
Temper = Literal["calm", "annoyed", "furious", "content"]

LANGUAGES: tuple[Language, ...] = ("zh", "en")
_SECTION = re.compile(r"\[(\w+)\]")
_GAP = re.compile(r"\{(\w+)\}")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGITS = "0123456789"
_PRODUCTS = {
    "zh": ("空气炸锅", "蓝牙耳机", "跑鞋", "羽绒服", "电饭煲", "行李箱", "扫地机器人", "台灯"),
    "en": ("air fryer", "headphones", "running shoes", "jacket", "kettle", "suitcase", "desk lamp"),
}
_CITIES = {
    "zh": ("杭州", "成都", "西安", "厦门", "武汉"),
    "en": ("Leeds", "Dublin", "Austin", "Toronto", "Perth"),
}
_MONTH_DAYS = 28


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(_DIGITS, k=count))


_GAPS: Mapping[str, Callable[[random.Random, Language], str]] = {
    "order": lambda chance, _: f"{chance.choice(_LETTERS)}{_digits(chance, 8)}",
    "tracking": lambda chance, _: f"{''.join(chance.choices(_LETTERS, k=2))}{_digits(chance, 10)}",
    "product": lambda chance, language: chance.choice(_PRODUCTS[language]),
    "city": lambda chance, language: chance.choice(_CITIES[language]),
    "amount": lambda chance, language: (
        f"{chance.randint(9, 999)}元" if language == "zh" else f"${chance.randint(9, 999)}.99"
    ),
    "days": lambda chance, _: str(chance.randint(2, 15)),
    "quantity": lambda chance, _: str(chance.randint(2, 9)),
    # Numbers that are nobody's: 555 in North America, 170-0000 in China.
    "phone": lambda chance, language: (
        f"1700000{_digits(chance, 4)}" if language == "zh" else f"555-01{_digits(chance, 2)}"
    ),
    "email": lambda chance, _: f"customer{_digits(chance, 4)}@example.com",
    "date": lambda chance, language: (
        f"{chance.randint(1, 12)}月{chance.randint(1, _MONTH_DAYS)}日"
        if language == "zh"
        else f"{chance.randint(1, _MONTH_DAYS)} March"
    ),
}


@cache
def phrases(language: Language) -> Mapping[str, tuple[str, ...]]:
    """Sentences by temper."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    path = Path(__file__).with_name(f"phrases_{language}.txt")
    for line in path.read_text(encoding="utf-8").splitlines():
        section = _SECTION.fullmatch(line)
        if section:
            current = found.setdefault(section[1], [])
        elif line:
            current.append(line)
    return {temper: tuple(lines) for temper, lines in found.items()}


def sentence(chance: random.Random, language: Language, temper: Temper) -> str:
    """One sentence of that temper, its gaps filled."""
    phrase = chance.choice(phrases(language)[temper])
    return _GAP.sub(lambda gap: _GAPS[gap[1]](chance, language), phrase)
