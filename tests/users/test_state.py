import math
from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from catalog.facets import ItemFacets
from users.kinds import Kind
from users.state import (
    DAY_US,
    KEPT_RECENT,
    Deed,
    Recent,
    StateValue,
    fold,
    history_of,
    must_refold,
    next_version,
    refold,
    seen_in_vain,
    states_joined,
)
from users.taste import HALF_LIFE_US, KEPT_PER_FACET, TasteDeed, taste_after

FACETS = {
    item: ItemFacets(
        item, str(item), 1 + item % 2, 10 + item % 3, (item, 100), ("moss", "oak")[item % 2], 1000 * item, 1
    )
    for item in range(1, 8)
}
TWINS = {1: {2}, 2: {1}, 3: {4, 5}}


def deed(number: int, kind: int, item: int = 1, undoes: int | None = None, at: int | None = None) -> Deed:
    at_us = (number if at is None else at) * 1_000_000
    return Deed(UUID(int=number), kind, at_us, item, undoes=UUID(int=undoes) if undoes else None)


def advance(state: StateValue, deeds: list[Deed], facts: list[Deed]) -> StateValue:
    """What interactions_record does with the database taken away."""
    if must_refold(state, deeds):
        return refold(state, facts, FACETS, TWINS)
    return fold(state, deeds, FACETS, TWINS)


def comparable(state: StateValue) -> tuple:
    taste = {
        (name, key): round(weight, 6)
        for name in ("departments", "brands", "tags", "colours")
        for key, weight in state.taste.get(name, {}).items()
    }
    taste |= {name: [round(value, 6) for value in state.taste.get(name, ())] for name in ("price", "novelty")}
    recent = [(entry.item_id, entry.kind, entry.at_us) for entry in state.recent]
    return recent, set(state.hidden), list(state.purchased), taste


kinds = st.sampled_from([Kind.VIEW, Kind.CLICK, Kind.LIKE, Kind.DISLIKE, Kind.PURCHASE, Kind.CART])


@given(st.data())
def test_batches_in_any_cut_and_order_give_the_state_of_the_facts(data):
    size = data.draw(st.integers(1, 25))
    deeds = [
        deed(n + 1, data.draw(kinds), data.draw(st.integers(1, 7)), at=data.draw(st.integers(1, 40)))
        for n in range(size)
    ]
    for n in data.draw(st.lists(st.integers(1, size), unique=True, max_size=4)):
        deeds.append(deed(100 + n, Kind.UNDO, deeds[n - 1].item_id, undoes=n, at=50 + n))
    state, facts, rest = StateValue(), [], list(deeds)
    while rest:
        batch, rest = rest[: (cut := data.draw(st.integers(1, 5)))], rest[cut:]
        facts += batch
        state = next_version(advance(state, batch, facts), 60_000_000)
    once = refold(StateValue(), data.draw(st.permutations(deeds)), FACETS, TWINS)
    assert comparable(state) == comparable(once)


def test_a_dislike_hides_the_item_and_its_twins_and_undo_shows_them_again():
    disliked = [deed(1, Kind.DISLIKE, 1), deed(2, Kind.DISLIKE, 3)]
    state = fold(StateValue(), disliked, FACETS, TWINS)
    assert set(state.hidden) == {1, 2, 3, 4, 5}
    undo = deed(3, Kind.UNDO, 1, undoes=1)
    assert must_refold(state, [undo])
    assert set(refold(state, [*disliked, undo], FACETS, TWINS).hidden) == {3, 4, 5}


def test_an_undone_dislike_leaves_hidden_what_another_dislike_hides():
    disliked = [deed(1, Kind.DISLIKE, 1), deed(2, Kind.DISLIKE, 2)]
    state = fold(StateValue(), disliked, FACETS, TWINS)
    undone = refold(state, [*disliked, deed(3, Kind.UNDO, 1, undoes=1)], FACETS, TWINS)
    assert set(undone.hidden) == {1, 2}


def test_what_has_no_facts_survives_a_refold():
    state = StateValue(version=4, hidden=(7,), purchased=(6,), ignored=(5,), fatigue={"3": 2})
    again = refold(state, [deed(1, Kind.PURCHASE, 1)], FACETS, TWINS)
    assert (again.hidden, again.purchased, again.ignored, again.fatigue) == ((7,), (6, 1), (5,), {"3": 2})


def test_only_the_last_hundred_are_recent():
    state = fold(StateValue(), [deed(n, Kind.VIEW, 1 + n % 7) for n in range(1, 151)], FACETS, {})
    assert len(state.recent) == 100
    assert state.recent[0].at_us == 51_000_000 and state.recent[-1].at_us == 150_000_000


def taste_of(item: int, kind: int, value: float = math.nan, at_us: int = 0) -> TasteDeed:
    return TasteDeed(FACETS[item], kind, value, at_us)


def test_taste_halves_in_thirty_days():
    deeds = [taste_of(1, Kind.LIKE), taste_of(2, Kind.VIEW, at_us=HALF_LIFE_US)]
    assert taste_after({}, deeds)["tags"] == {"1": 1.5, "100": 2.5, "2": 1.0}
    assert taste_after(taste_after({}, deeds[:1]), deeds[1:])["tags"] == {"1": 1.5, "100": 2.5, "2": 1.0}


def test_a_dislike_weighs_against_and_a_middling_rating_nothing():
    assert taste_after({}, [taste_of(1, Kind.DISLIKE)])["departments"] == {"2": -3.0}
    assert taste_after({}, [taste_of(1, Kind.RATE, 3.0)]) == {}
    assert taste_after({}, [taste_of(1, Kind.RATE, 5.0)])["departments"] == {"2": 2.0}


def test_only_the_strongest_leanings_are_kept():
    many = ItemFacets(9, "9", 0, 0, tuple(range(200, 200 + KEPT_PER_FACET + 5)))
    taste = taste_after({}, [TasteDeed(many, Kind.VIEW, math.nan, 0), taste_of(1, Kind.DISLIKE)])
    assert len(taste["tags"]) == KEPT_PER_FACET
    assert taste["tags"]["1"] == -3.0


def test_what_was_seen_tires_only_with_the_next_version():
    state = seen_in_vain(replace(StateValue(), version=3, fatigue={"1": 1}), [1, 2])
    assert (state.version, state.fatigue, state.fatigue_next) == (3, {"1": 1}, {"1": 1, "2": 1})
    state = next_version(state, 5)
    assert (state.version, state.fatigue, state.fatigue_next) == (4, {"1": 2, "2": 1}, {})


def test_a_click_ends_fatigue_and_days_away_halve_it():
    state = replace(StateValue(), fatigue={"1": 4, "2": 4}, fatigue_next={"1": 1}, updated_us=1)
    state = next_version(fold(state, [deed(1, Kind.CLICK, 1)], FACETS, {}), 1 + 2 * DAY_US)
    assert state.fatigue == {"2": 1}


def test_opening_a_shown_card_ends_its_fatigue_and_coming_from_elsewhere_does_not():
    state = replace(StateValue(), fatigue={"1": 4, "2": 4})
    deeds = [deed(1, Kind.VIEW, 1)._replace(from_page=True), deed(2, Kind.VIEW, 2)]
    assert fold(state, deeds, FACETS, {}).fatigue == {"2": 4}
    assert refold(state, deeds, FACETS, {}).fatigue == {"2": 4}


def test_joining_takes_the_higher_version_and_doubles_nothing():
    first = StateValue(version=7, hidden=(1, 2), ignored=(3,), fatigue={"1": 2}, updated_us=5)
    second = StateValue(version=3, hidden=(2, 4), ignored=(3,), fatigue={"1": 3, "9": 1}, updated_us=9)
    joined = states_joined(first, second)
    assert (joined.version, set(joined.hidden), joined.ignored, joined.fatigue) == (
        7,
        {1, 2, 4},
        (3,),
        {"1": 3, "9": 1},
    )
    assert joined.updated_us == 9


def test_what_was_raised_stands_in_the_history_when_it_was_raised():
    deeds = (Recent(1, Kind.PURCHASE, 10, float("nan")), Recent(2, Kind.VIEW, 30, float("nan")))
    history = history_of(StateValue(recent=deeds, raised={"1": 20}))
    assert [(entry.item_id, entry.kind, entry.at_us) for entry in history] == [
        (1, Kind.PURCHASE, 10),
        (1, Kind.VIEW, 20),
        (2, Kind.VIEW, 30),
    ]


def test_the_history_is_no_longer_for_what_was_raised():
    deeds = tuple(Recent(item, Kind.VIEW, item, float("nan")) for item in range(1, KEPT_RECENT + 1))
    history = history_of(StateValue(recent=deeds, raised={"7": 1_000}))
    assert len(history) == KEPT_RECENT
    assert (history[0].item_id, history[-1].item_id) == (2, 7)


def test_a_wish_for_more_goes_with_the_deeds_it_was_about():
    looks = [deed(1, Kind.VIEW, 7), *(deed(n, Kind.VIEW, 3) for n in range(2, KEPT_RECENT + 2))]
    state = replace(fold(StateValue(), looks[:1], FACETS, {}), raised={"7": 50})
    assert fold(state, looks[1:-1], FACETS, {}).raised == {"7": 50}
    assert fold(state, looks[1:], FACETS, {}).raised == {}
    taken_back = deed(2, Kind.UNDO, 7, undoes=1)
    assert refold(state, [looks[0], taken_back], FACETS, {}).raised == {}


def test_joined_states_keep_what_either_raised_at_its_latest():
    assert states_joined(StateValue(raised={"1": 5, "2": 9}), StateValue(raised={"1": 8})).raised == {"1": 8, "2": 9}
