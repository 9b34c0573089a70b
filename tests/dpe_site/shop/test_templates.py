"""Promises that every template of the shop keeps."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TEMPLATES = sorted([*(ROOT / "templates/shop").rglob("*.html"), *(ROOT / "templates").glob("*.html")])
STYLES = sorted((ROOT / "dpe_site/shop/static/shop/css").glob("*.css"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_nothing_inline(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:|\|safe\b|autoescape", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_colours_and_durations_come_from_tokens(style: Path) -> None:
    if style.name == "tokens.css":
        return
    rules = re.sub(r"/\*.*?\*/", "", style.read_text(), flags=re.DOTALL)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgb\(|\b\d+m?s\b", rules)


def test_closed_filters_lose_their_button_only_where_they_show_without_it() -> None:
    """A browser without ``::details-content`` keeps the button, or its desktop could not open them."""
    rules = next(style for style in STYLES if style.name == "forms.css").read_text()
    always, _supports, guarded = rules.partition("@supports selector(::details-content)")
    hides = r"\.filters summary \{\s*display: none"
    assert not re.search(hides, always)
    assert re.search(hides, guarded)
