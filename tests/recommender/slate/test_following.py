"""A page that was shown, followed under a plan that would not have drawn it: every card of it counts all the same."""

import numpy as np
import pytest

from recommender.data.ruleset import KnobValues
from recommender.data.types import Bools, ChosenSection, Floats, Ints
from recommender.slate.compose import Composer
from recommender.slate.diversity import unit_rows
from recommender.slate.following import ShownSlots, SlotLaw, page_follow
from recommender.slate.layout import Row
from recommender.slate.rules import Pin
from recommender.slate.slate import Board

N = 6
KNOBS = KnobValues(temperature=0.5, exploration=0.1, diversity=0.3, calibration=0, brand_cap=0)
SCORES = np.linspace(1, 0, N).astype(np.float32)
VECTORS = unit_rows(np.random.default_rng(3).normal(size=(N, 4)).astype(np.float32))


def board(*, brand: Ints | None = None, group: Ints | None = None, ads: Bools | None = None) -> Board:
    nothing, every = np.zeros(N, np.int64), np.ones(N, np.bool_)
    none = [nothing if given is None else given for given in (brand, group)]
    return Board(np.arange(N), VECTORS, *none, department=nothing, open=every, ads=ads)


def row(n: int, *pins: Pin) -> Row:
    return Row("top_picks", 0, np.ones(N, np.bool_), np.zeros(N, np.float32), n, 1, 0.0, pins=pins)


def without(*rows: int) -> Floats:
    """Scores of a plan that excludes some."""
    return np.where(np.isin(np.arange(N), rows), np.float32(-np.inf), SCORES)


def laws(items: list[int], *, n: int, scores: Floats, knobs: KnobValues = KNOBS, **facts: Ints) -> list[SlotLaw | None]:
    shown = ShownSlots(np.array(items), np.zeros(len(items), np.int64), (ChosenSection("top_picks", 0, 1.0),))
    return page_follow(board(**facts), knobs, {}, ([row(n)], [scores]), shown)


@pytest.mark.parametrize("kind", ["dpp", "mmr"])
def test_a_shorter_row_has_laws_for_the_slots_that_it_has(kind: str) -> None:
    knobs = KnobValues(temperature=0.5, exploration=0.1, diversity_by=kind)
    found = laws([0, 1, 2, 3], n=2, scores=SCORES, knobs=knobs)
    assert [law is None for law in found] == [False, False, True, True]


def test_slots_for_ads_stay_where_they_are_behind_a_card_that_is_excluded() -> None:
    ads = np.isin(np.arange(N), [2, 4])
    knobs = KnobValues(temperature=0.5, exploration=0.1, ad_every=3)
    third = laws([0, 1, 2], n=3, scores=without(0), knobs=knobs, ads=ads)[2]
    assert third is not None
    assert sorted(third.rows.tolist()) == [2, 4]


def test_the_brand_of_an_excluded_card_counts_into_the_cap_of_its_row() -> None:
    knobs = KnobValues(temperature=0.5, exploration=0.1, brand_cap=1)
    second = laws([0, 1], n=2, scores=without(0), knobs=knobs, brand=np.array([9, 8, 9, 0, 0, 0]))[1]
    assert second is not None
    assert second.of(2) == 0
    assert second.of(1) > 0


def test_what_is_like_an_excluded_card_is_still_less_wanted_beside_it() -> None:
    drawn, excluded = (laws([0, 1], n=2, scores=scores)[1] for scores in (SCORES, without(0)))
    assert drawn is not None
    assert excluded is not None
    assert [excluded.of(at) for at in range(N)] == pytest.approx([drawn.of(at) for at in range(N)])


def test_of_two_variants_that_are_pinned_to_a_row_the_first_stands_and_the_page_is_followed() -> None:
    facts = board(group=np.array([1, 1, 0, 0, 0, 0]))
    pinned = row(3, Pin(0, 0, 9), Pin(1, 1, 9))
    page = Composer(facts, KNOBS, {}, lambda: 0.5).compose([pinned], [SCORES])
    assert page.rows[0] == 0
    assert 1 not in page.rows
    shown = ShownSlots(page.rows, page.section_of, page.sections)
    found = page_follow(facts, KNOBS, {}, ([pinned], [SCORES]), shown)
    told = [0.0 if law is None else law.of(at) for law, at in zip(found, page.rows.tolist(), strict=True)]
    assert np.array_equal(np.array(told, np.float32), page.propensities)
