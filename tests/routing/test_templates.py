"""Sentences with places: whatever stands in a text or a value, it comes out as it went in."""

from collections.abc import Callable, Mapping

import pytest

from consumer.routing.templates import MAX_TEXT_CHARACTERS, text_pair

Scene = Mapping[str, str]
READERS: Mapping[str, Callable[[Scene], str]] = {
    "tier": lambda scene: scene["tier"],
    "intent": lambda scene: scene["intent"],
}
SCENE = {"tier": "100%", "intent": "%(tier)s {intent}"}
TEXTS = [
    ("50% {{off}} %s", "50% {{off}} %(x)s"),
    ("{tier} {tier} %%", "{intent}: {tier}"),
    ("only {intent} %d", "{tier}"),
    ("x" * (MAX_TEXT_CHARACTERS - 1) + "{tier}", "{intent}"),
]


@pytest.mark.parametrize(("en", "zh"), TEXTS)
def test_a_sentence_is_what_plain_formatting_gives(en: str, zh: str) -> None:
    said = text_pair(en, zh, READERS).render(SCENE)
    assert said.en == en.format(**SCENE)[:MAX_TEXT_CHARACTERS]
    assert said.zh == zh.format(**SCENE)[:MAX_TEXT_CHARACTERS]


@pytest.mark.parametrize("names", [(), ("tier",), ("intent",), ("tier", "intent")])
@pytest.mark.parametrize(("en", "zh"), TEXTS)
def test_settling_some_values_first_makes_no_difference(
    en: str, zh: str, names: tuple[str, ...]
) -> None:
    pair = text_pair(en, zh, READERS)
    assert pair.settle(SCENE, frozenset(names)).render(SCENE) == pair.render(SCENE)
