"""Pages lead where they say, every algorithm's page is found from the list of them, and named files are there."""

import re
from pathlib import Path

import pytest

from dpe_site.environment import REPOSITORY

DOCS = REPOSITORY / "docs"
PAGES = sorted([*REPOSITORY.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"`((?:recommender|benchmarks|catalog|users|workers|dpe_site|tests)/[\w/]+\.py)`")


def name(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_and_named_files_are_there(page: Path) -> None:
    text = page.read_text()
    links = [link for link in LINK.findall(text) if not link.startswith(("http", "mailto:"))]
    assert [link for link in links if not (page.parent / link).exists()] == []
    example = REPOSITORY / "recommender/data/formats/NAME.py"  # CONTRIBUTING tells how a file of one's own is called
    files = {REPOSITORY / file for file in CODE.findall(text)} - {example}
    assert sorted(file for file in files if not file.exists()) == []


def test_every_algorithm_is_listed() -> None:
    listed = set(LINK.findall((DOCS / "algorithms" / "README.md").read_text()))
    assert listed == {page.name for page in (DOCS / "algorithms").glob("*.md")} - {"README.md"}
