"""Sections are scored like items: by their best cards, their place and their clicks; thin ones never show."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.ruleset import KnobValues, RulesetValue, SectionValue
from recommender.data.types import Source
from recommender.serving.decide import decide
from recommender.slate.section_appeal import ENOUGH, FURTHEST, section_appeal
from tests.fixtures.requests import context_of, gathered_of

LAYOUT = (SectionValue("new_for_you", n=4, minimum=4), SectionValue("deals", n=4, minimum=4))
STRICT = KnobValues(temperature=0, exploration=0, section_appeal=1.0)


def test_what_is_clicked_more_often_than_the_page_has_more_appeal() -> None:
    appeal = dict(section_appeal({"deals": (1_000, 120), "new_for_you": (1_000, 30), "similar": (ENOUGH - 1, 50)}))
    assert appeal.keys() == {"deals", "new_for_you"}
    rate = 200 / (2_000 + ENOUGH - 1)
    expected = np.log((120 + 200 * rate) / (1_200 * rate))
    assert appeal["deals"] == pytest.approx(expected, abs=1e-3)
    assert appeal["deals"] > 0 > appeal["new_for_you"]


def test_it_stays_within_bounds_and_says_nothing_of_a_page_hardly_clicked() -> None:
    assert dict(section_appeal({"deals": (10**6, 10**6), "new_for_you": (10**8, 10)}))["deals"] == FURTHEST
    assert section_appeal({"deals": (10_000, 19)}) == ()
    assert section_appeal({}) == ()


def sections(appeal: float, knobs: KnobValues = STRICT, *, deals: int = 12) -> list[str]:
    """The order of two rows of equally good cards, deals being the second of the layout."""
    both = 1 << Source.NEW_ARRIVALS
    bits = np.where(np.arange(24) < deals, both | 1 << Source.DEALS, both).astype(np.uint32)
    gathered = replace(gathered_of(range(1, 25)), sources=bits, section_appeal=(("deals", appeal),))
    page = decide(context_of(), gathered, RulesetValue("x", knobs, layout=LAYOUT), None, 1)
    return [section.code for section in page.sections]


def test_clicks_change_the_order_of_rows_by_their_weight() -> None:
    assert sections(0.9) == ["new_for_you", "deals"]
    assert sections(1.2) == ["deals", "new_for_you"]
    assert sections(1.2, replace(STRICT, section_appeal=0.5)) == ["new_for_you", "deals"]
    assert sections(1.2, replace(STRICT, section_appeal=0.0)) == ["new_for_you", "deals"]


@pytest.mark.parametrize(("deals", "there"), [(0, False), (3, False), (4, True)])
def test_a_thin_row_never_shows_however_much_it_is_clicked(deals: int, there: bool) -> None:
    assert ("deals" in sections(9.0, deals=deals)) is there
