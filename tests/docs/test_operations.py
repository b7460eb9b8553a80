"""What the operations pages say of metrics, dashboards and links is so."""

import re
from pathlib import Path

import pytest

from consumer.telemetry.reference import with_metrics_table
from tests.ops.shipped import alert_names, dashboards, panels, recorded

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (DOCS / "operations.md", DOCS / "runbooks" / "alerts.md", DOCS / "runbooks" / "hands.md")
PANELS = {panel["title"] for uid in dashboards() for panel in panels(uid).values()}


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_the_table_of_metrics_is_that_of_the_catalogue() -> None:
    text = PAGES[0].read_text(encoding="utf-8")
    assert with_metrics_table(text) == text, "run: make dashboards"


def test_every_recorded_series_is_named() -> None:
    text = PAGES[0].read_text(encoding="utf-8")
    for name in recorded():
        window = name.rpartition("ratio_rate")[2]
        assert name in text or f"`{window}`" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_picture_that_is_spoken_of_is_a_panel(page: Path) -> None:
    text = " ".join(page.read_text(encoding="utf-8").split())
    spoken = set(re.findall(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", text))
    assert spoken
    assert spoken <= PANELS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        other = page.parent / name if name else page
        assert other.exists(), target
        assert not anchor or anchor in anchors(other), target


@pytest.mark.parametrize("hands", ["Reset offsets", "Add partitions", "Drain dead letters"])
def test_what_hands_do_has_a_page(hands: str) -> None:
    assert hands.lower().replace(" ", "-") in anchors(PAGES[2])


def test_every_alert_has_a_page() -> None:
    assert {name.lower() for name in alert_names()} <= anchors(PAGES[1])
