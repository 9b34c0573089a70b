"""Examination is found on exploration although the best cards stand first."""

import numpy as np
import pytest

from recommender.data.snapshot import ImpressionTable
from recommender.ranking.examination import MAX_WEIGHT, examination_fit, exploration_weights
from tests.fixtures.logged_shop import logged_shop


@pytest.fixture(scope="module")
def shop():
    return logged_shop(shoppers=300, pages=20, seed=3)


def test_recovers_the_slots_that_are_looked_at(shop):
    found = examination_fit(shop.snapshot.impressions)
    np.testing.assert_allclose(found.ratio[0], shop.examination, atol=0.1)
    assert found.rows > 1000
    assert found.offset[0, 0] == 0


def test_worse_cards_do_not_pass_for_a_worse_place():
    """Every place is looked at alike; the first three are given the best cards and the last three the worst."""
    rng = np.random.default_rng(0)
    pages, pool, slots, epsilon = 6000, 80, 6, 0.4
    worth, free, every = rng.uniform(0.05, 0.8, (pages, pool)), np.ones((pages, pool), bool), np.arange(pages)
    columns = []
    for slot in range(slots):
        odds = free * np.exp(worth / 0.1 * (1 if slot < 3 else -1))
        p = (1 - epsilon) * odds / odds.sum(axis=1, keepdims=True) + epsilon * free / (pool - slot)
        place = (rng.random(pages)[:, None] > np.cumsum(p, axis=1)).sum(axis=1).clip(0, pool - 1)
        columns.append((every, np.full(pages, slot), p[every, place], rng.random(pages) < worth[every, place]))
        free[every, place] = False
    page, slot, p, clicked = (np.stack(column, axis=1).ravel() for column in zip(*columns, strict=True))
    zeros, no = np.zeros(len(page), np.int64), np.zeros(len(page), np.bool_)
    start = np.arange(pages + 1) * pool
    table = ImpressionTable(page, zeros, zeros, zeros, slot, p, zeros, clicked, no, no, no, start, np.zeros(start[-1]))
    raw = np.array([clicked[slot == one].mean() for one in range(slots)])
    assert raw[-1] / raw[0] < 0.6
    assert np.abs(1 - examination_fit(table).ratio[0]).max() < 0.08


def test_undrawn_slots_do_not_count_and_weights_are_capped(shop):
    weights = exploration_weights(shop.snapshot.impressions)
    assert weights.max() <= MAX_WEIGHT
    from dataclasses import replace

    undrawn = replace(shop.snapshot.impressions, propensity=np.full(len(weights), np.nan, np.float32))
    assert not exploration_weights(undrawn).any()
    nothing = examination_fit(undrawn)
    assert nothing.rows == 0
    assert not nothing.offset.any()
    assert (nothing.ratio == 1).all()


def test_places_beyond_the_table_take_its_last_column(shop):
    found = examination_fit(shop.snapshot.impressions)
    assert found.at(np.array([0]), np.array([99])) == found.offset[0, -1]
