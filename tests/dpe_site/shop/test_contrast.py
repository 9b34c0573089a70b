"""Colours of the tokens are far enough apart to read, in both themes."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[3] / "dpe_site/shop/static/shop/css/tokens.css"
TEXT = [
    ("ink", "ground"), ("ink", "surface"), ("ink", "sunken"), ("ink-soft", "ground"), ("ink-soft", "surface"),
    ("ink-soft", "sunken"), ("accent", "ground"), ("accent", "accent-soft"), ("on-accent", "accent"),
    ("danger", "surface"),
    ("on-primary", "primary"), ("picture-ink", "picture-glass"), ("picture-glass", "picture-accent"),
]  # fmt: skip
EDGES = [("edge-strong", "ground"), ("edge-strong", "surface"), ("accent", "surface"), ("star", "ground")]


def themes() -> dict[str, dict[str, str]]:
    """Colour tokens of the light theme and of the dark one, which changes some of them."""
    light, dark = TOKENS.read_text().split("@media (prefers-color-scheme: dark)")
    found = {
        name: dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part)) for name, part in [("l", light), ("d", dark)]
    }
    return {"light": found["l"], "dark": {**found["l"], **found["d"]}}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(tokens: Mapping[str, str], one: str, other: str) -> float:
    lighter, darker = sorted((luminance(tokens[one]), luminance(tokens[other])), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_21() -> None:
    assert contrast({"black": "#000000", "white": "#ffffff"}, "black", "white") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("one", "other"), TEXT)
def test_text_is_readable(theme: str, one: str, other: str) -> None:
    assert contrast(themes()[theme], one, other) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("one", "other"), EDGES)
def test_edges_can_be_seen(theme: str, one: str, other: str) -> None:
    assert contrast(themes()[theme], one, other) >= 3
