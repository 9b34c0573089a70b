"""Logged pages become transitions: what is an end, what is only the end of the log, what comes next."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.reward import RewardWeights
from recommender.data.types import DAY_US, DataError
from recommender.policy.mdp import MdpConfig, mdp_of, states_at
from tests.fixtures.logged_shop import POOL, SLOTS, MeanEncoder, logged_shop


@pytest.fixture(scope="module")
def shop():
    return logged_shop(shoppers=30, pages=8, seed=1)


@pytest.fixture(scope="module")
def logged(shop):
    return mdp_of(shop.snapshot, shop.arrays, MeanEncoder())


def test_every_early_card_is_an_action_with_its_reward(shop, logged):
    shown = shop.snapshot.impressions
    moves = logged.transitions
    assert len(moves) == 30 * 8 * SLOTS
    np.testing.assert_array_equal(moves.action, shown.item)
    np.testing.assert_array_equal(moves.reward, RewardWeights().earned(shown))
    bought = int(np.flatnonzero(shown.purchased)[0])
    assert moves.reward[bought] == 1 + 3 + 10
    few = mdp_of(shop.snapshot, shop.arrays, MeanEncoder(), config=MdpConfig(slots=2)).transitions
    assert len(few) == 30 * 8 * 2


def test_the_next_state_is_that_of_the_shoppers_next_page(shop, logged):
    moves, shown = logged.transitions, shop.snapshot.impressions
    page_of_state = dict(enumerate(logged.page.tolist()))
    for row in range(0, len(moves), 7):
        page, following = int(shown.page[row]), page_of_state.get(int(moves.next_state[row]))
        assert page_of_state[int(moves.state[row])] == page
        if following is None:
            assert moves.terminated[row] or moves.truncated[row]
        else:
            assert following == page + 1
            assert shown.shopper[shown.page == following][0] == moves.owner[row]
            assert not (moves.terminated[row] or moves.truncated[row])


def test_states_know_the_past_and_not_the_page_itself(shop, logged):
    shown, facts = shop.snapshot.impressions, shop.snapshot.interactions
    row = int(np.flatnonzero(shown.clicked)[5])
    page, shopper, at = int(shown.page[row]), int(shown.shopper[row]), int(shown.at_us[row])
    state = logged.transitions.states[logged.transitions.state[row]]
    later = replace(facts, item=np.where(facts.at_us >= at, 0, facts.item))
    blinded = states_at(
        replace(shop.snapshot, interactions=later),
        shop.arrays,
        MeanEncoder(),
        shopper=np.array([shopper]),
        at_us=np.array([at]),
    )
    np.testing.assert_array_equal(state, blinded[0])
    assert page in logged.page
    assert not np.array_equal(state, logged.transitions.states[logged.transitions.next_state[row]])


def test_leaving_terminates_and_the_end_of_the_log_truncates(shop):
    shown = shop.snapshot.impressions
    last_us = np.array([shown.at_us[shown.shopper == one].max() for one in range(30)])
    until = int(np.sort(last_us)[15]) + 14 * DAY_US
    moves = mdp_of(replace(shop.snapshot, until_us=until), shop.arrays, MeanEncoder()).transitions
    gone = np.unique(moves.owner[moves.terminated])
    np.testing.assert_array_equal(np.sort(gone), np.flatnonzero(until - last_us >= 14 * DAY_US))
    assert 0 < len(gone) < 30
    assert set(moves.owner[moves.truncated]) == set(range(30)) - set(gone)
    assert not (moves.terminated & moves.truncated).any()


def test_pools_hold_what_could_be_shown(shop, logged):
    shown, moves = shop.snapshot.impressions, logged.transitions
    for row in range(0, len(moves), 97):
        pool = shown.pool_items[shown.page[row] * POOL : (shown.page[row] + 1) * POOL]
        assert np.isin(moves.pool[row], pool).all()
        if not (moves.terminated[row] or moves.truncated[row]):
            following = shown.pool_items[(shown.page[row] + 1) * POOL : (shown.page[row] + 2) * POOL]
            assert np.isin(moves.next_pool[row], following).all()


def test_a_part_keeps_its_rows_together(logged):
    moves = logged.transitions
    mask = moves.owner % 2 == 0
    part = moves.keep(mask)
    assert len(part) == mask.sum()
    np.testing.assert_array_equal(part.pool, moves.pool[mask])
    assert part.states is moves.states


def test_without_impressions_there_is_no_process(shop):
    with pytest.raises(DataError, match="no impressions"):
        mdp_of(replace(shop.snapshot, impressions=None), shop.arrays, MeanEncoder())
