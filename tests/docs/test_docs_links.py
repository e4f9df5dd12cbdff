"""Links between pages lead somewhere, and what cannot run is listed, so that none is forgotten."""

from __future__ import annotations

import re
import xml.etree.ElementTree as xml
from pathlib import Path
from urllib.parse import unquote

import pytest
from pages import ROOT, anchors, blocks, pages, prose, written_by_hand

LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+)\)")
LINKED_BEFORE_IT_IS_MADE = "docs/benchmarks.md"  # `make bench` writes it

NOT_RUN = {
    "README.md": {"installs", "needs a model"},
    "CONTRIBUTING.md": {"installs"},
    "docs/mcp.md": {"installs"},
    "docs/models.md": {"installs", "needs a model", "needs a network"},
    "docs/compiler.md": {"is a workflow file of a host"},
    "docs/lock.md": {"installs", "is a workflow file of a host"},
    "docs/packaging.md": {"installs"},
    "docs/review.md": {"is a workflow file of a host"},
    "docs/signing.md": {"makes keys", "needs a key of OpenSSH"},
    "docs/tutorial.md": {"installs", "needs a model"},
    "docs/recipes.md": {"installs"},
}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"`[^`\n]*`", "", prose(page))
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / unquote(path)).resolve() if path else page
        if file == ROOT / LINKED_BEFORE_IT_IS_MADE:
            continue
        assert file.exists(), f"{page.name}: {target} leads nowhere"
        assert file.is_relative_to(ROOT), f"{page.name}: {target} leaves the repository"
        if anchor:
            assert anchor in anchors(file), f"{page.name}: {target} has no such heading"


def test_every_page_is_reached_from_the_index() -> None:
    linked = set(LINK.findall(prose(ROOT / "docs" / "index.md")))
    own = {page.name for page in pages() if page.parent.name == "docs"} - {"index.md"}
    assert own <= linked, f"docs/index.md does not link {sorted(own - linked)}"


@pytest.mark.parametrize("page", written_by_hand(), ids=lambda page: page.name)
def test_what_is_not_run_is_listed(page: Path) -> None:
    found = {block.said for block in blocks(page) if block.kind == "not run"}
    assert found == NOT_RUN.get(str(page.relative_to(ROOT)), set())


def test_pictures_are_drawings_that_fit_light_and_dark() -> None:
    drawings = list((ROOT / "docs").glob("*.svg"))
    assert drawings
    for drawing in drawings:
        text = drawing.read_text(encoding="utf-8")
        root = xml.fromstring(text)
        assert "prefers-color-scheme: dark" in text
        assert root.find("{http://www.w3.org/2000/svg}title") is not None


def test_the_page_of_codes_says_that_it_is_generated() -> None:
    assert "Generated" in (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")[:200]
