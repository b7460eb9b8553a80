"""The committed pictures are those that `make pictures` draws, but for a model's last digits."""

import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.docs.flow_picture import flow_svg
from tests.docs.pictures import pictures

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
NAMES = ("board.svg", "explain.svg", "flow.svg")
MOST_BYTES = 80_000
# Which words push an answer may differ between processors; headings and rules must not.
SAME_SHARE = 0.9


def committed(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def words(svg: str) -> set[str]:
    """The words that a reader sees, without numbers."""
    texts = " ".join(ET.fromstring(svg).itertext())
    return set(re.findall(r"[^\W\d_]{2,}", texts))


@pytest.fixture(scope="module")
def drawn() -> Mapping[str, str]:
    return pictures()


def test_every_picture_is_committed_and_no_other() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_still_shows_what_is_committed(drawn: Mapping[str, str], name: str) -> None:
    then, now = words(committed(name)), words(drawn[name])
    assert len(then & now) >= SAME_SHARE * len(then | now), then ^ now


def test_the_flow_is_drawn_to_the_letter() -> None:
    assert committed("flow.svg") == flow_svg(), "run: make pictures"


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_small_and_fetches_nothing(name: str) -> None:
    svg = committed(name)
    assert len(svg.encode()) < MOST_BYTES
    assert re.search(r"url\(['\"]?http|href=['\"]http|<script", svg) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_shown(name: str) -> None:
    shown = (ROOT / "README.md").read_text() + (ROOT / "docs" / "tour.md").read_text()
    assert f"pictures/{name})" in shown
