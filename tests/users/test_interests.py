"""What is read from a state is what was folded into it."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.facets import ItemFacets
from users.interests import Stage, buying_stage, interest_profile, lean_of
from users.kinds import Kind
from users.state import DAY_US, Deed, Recent, StateValue, fold
from users.taste import HALF_LIFE_US

NOW = 400 * DAY_US
FACETS = {
    item: ItemFacets(
        item, f"i{item}", 1 + item % 2, 7, (item % 3,), ("moss", "oak")[item % 2], 1000 * item, NOW - 20 * item * DAY_US
    )
    for item in range(1, 11)
}


def state_of(*deeds: tuple[int, int, float]) -> StateValue:
    """Folded from (kind, item, days ago)."""
    facts = [Deed(f"{n:03}", kind, int(NOW - days * DAY_US), item) for n, (kind, item, days) in enumerate(deeds)]
    return fold(StateValue(), facts, FACETS, {})


def recent(kind: int, item: int, days: float) -> Recent:
    return Recent(item, kind, int(NOW - days * DAY_US), math.nan)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Kind.VIEW, Kind.LIKE, Kind.DISLIKE, Kind.CART, Kind.PURCHASE]),
            st.integers(1, 10),
            st.floats(0, 90),
        ),
        min_size=1,
        max_size=150,
    )
)
def test_every_weight_is_what_its_deeds_and_the_rest_weigh_and_nothing_is_left_over_of_short_histories(deeds):
    state = state_of(*deeds)
    for lean in interest_profile(state, FACETS, NOW).leans:
        assert sum(one.weight for one in lean.evidence) + lean.rest == pytest.approx(lean.weight, abs=1e-6)
        deeds_of = [deed for deed in state.recent if lean.key in facet(lean.facet, deed.item_id)]
        assert {one.item_id for one in lean.evidence} <= {deed.item_id for deed in deeds_of}
        if len(deeds) <= 100 and len(deeds_of) <= len(lean.evidence):
            assert lean.rest == pytest.approx(0, abs=1e-6)


def facet(name: str, item: int) -> set[str]:
    one = FACETS[item]
    return {
        "departments": {str(one.department)},
        "brands": {str(one.brand)},
        "tags": {str(tag) for tag in one.tags},
        "colours": {one.colour},
    }[name]


def test_a_weight_fades_with_its_evidence():
    state = state_of((Kind.LIKE, 2, 0))
    later = lean_of(state, FACETS, NOW + HALF_LIFE_US, "colours", "moss")
    assert (later.weight, later.evidence[0].weight, later.rest) == (1.5, 1.5, 0)


def test_the_price_band_is_one_spread_around_the_middle_of_what_is_liked():
    state = state_of((Kind.VIEW, 1, 0), (Kind.VIEW, 4, 0), (Kind.DISLIKE, 10, 0))
    assert interest_profile(state, FACETS, NOW).price is None, "two looks say too little"
    band = interest_profile(state_of(*[(Kind.VIEW, 1, 0), (Kind.VIEW, 4, 0)] * 2), FACETS, NOW).price
    assert band is not None
    assert (band.low_minor, band.middle_minor, band.high_minor) == (1000, 2000, 4000)
    assert {one.item_id for one in band.evidence} == {1, 4}


def test_novelty_is_the_share_of_weight_that_went_to_what_had_just_come_in():
    state = state_of((Kind.LIKE, 1, 0), (Kind.VIEW, 9, 0))
    novelty = interest_profile(state, FACETS, NOW).novelty
    assert novelty is not None
    assert novelty.share == pytest.approx(0.75)
    assert [one.item_id for one in novelty.evidence] == [1]
    old = state_of((Kind.LIKE, 9, 0))
    assert interest_profile(old, FACETS, NOW).novelty == replace(novelty, share=0.0, evidence=())


@given(
    st.lists(
        st.tuples(st.sampled_from([Kind.VIEW, Kind.LIKE, Kind.PURCHASE]), st.integers(1, 10), st.floats(0, 60)),
        min_size=6,
        max_size=60,
    ),
    st.sets(st.integers(1, 10)),
)
def test_price_and_novelty_are_told_as_if_what_is_left_out_had_never_been_met(deeds, ignored):
    told = interest_profile(replace(state_of(*deeds), ignored=tuple(ignored)), FACETS, NOW)
    never = interest_profile(state_of(*(deed for deed in deeds if deed[1] not in ignored)), FACETS, NOW)
    assert (told.price is None) == (never.price is None)
    if told.price is not None and never.price is not None:
        assert told.price.middle_minor == pytest.approx(never.price.middle_minor, abs=1)
        assert told.price.high_minor == pytest.approx(never.price.high_minor, rel=1e-3, abs=1)
        assert told.price.evidence == never.price.evidence
    if told.novelty is not None and never.novelty is not None:
        assert told.novelty.share == pytest.approx(never.novelty.share, abs=1e-9)
        assert told.novelty.evidence == never.novelty.evidence


@pytest.mark.parametrize(
    ("deeds", "stage", "department"),
    [
        ([], Stage.AWAY, 0),
        ([(Kind.VIEW, 1, 20)], Stage.AWAY, 0),
        ([(Kind.VIEW, 1, 2)], Stage.LOOKING, 2),
        ([(Kind.VIEW, 1, 2), (Kind.LIKE, 2, 3)], Stage.COMPARING, 1),
        ([(Kind.VIEW, item, item / 10) for item in (1, 3, 5, 7, 2)], Stage.COMPARING, 2),
        ([(Kind.VIEW, item, item / 10) for item in (1, 3, 5, 2)], Stage.LOOKING, 2),
        ([(Kind.CART, 2, 1), (Kind.VIEW, 1, 0)], Stage.DECIDING, 1),
        ([(Kind.CART, 2, 1), (Kind.REMOVE, 2, 0)], Stage.LOOKING, 1),
        ([(Kind.CART, 2, 1.5), (Kind.PURCHASE, 2, 1)], Stage.BOUGHT, 1),
        ([(Kind.PURCHASE, 2, 5), (Kind.VIEW, 1, 1)], Stage.LOOKING, 2),
    ],
)
def test_the_buying_stage(deeds, stage, department):
    history = sorted((recent(*deed) for deed in deeds), key=lambda deed: deed.at_us)
    found = buying_stage(history, FACETS, NOW)
    assert (found.stage, found.department) == (stage, department)
    assert bool(found.evidence) == (stage != Stage.AWAY)
