"""Stays: measured ones where a shop measures, the time until another item elsewhere; never both."""

import numpy as np
import pytest

from recommender.data.dwell import LONGEST_SECONDS, stays_of, with_stays
from recommender.data.reward import HEADS, RewardWeights, long_stay_seconds, outcome_weights, outcomes
from recommender.data.snapshot import ImpressionTable, InteractionTable
from users.kinds import Kind

SECOND = 1_000_000


def shown(*cards, stays=()):
    """Cards as (shopper, item, second, clicked), a page each."""
    shopper, item, at, clicked = (np.array(column) for column in zip(*cards, strict=True))
    k, nothing = len(cards), np.zeros(len(cards), np.bool_)
    return ImpressionTable(
        page=np.arange(k),
        shopper=shopper,
        item=item,
        section=np.zeros(k, np.int64),
        slot=np.zeros(k, np.int64),
        propensity=np.full(k, 0.5, np.float32),
        at_us=at * SECOND,
        clicked=clicked.astype(np.bool_),
        carted=nothing,
        purchased=nothing,
        disliked=nothing,
        pool_start=np.arange(k + 1),
        pool_items=item,
        stayed_seconds=np.array(stays, np.float32),
    )


def done(*deeds):
    """Deeds as (shopper, item, kind, second, value), sorted by shopper and time."""
    shopper, item, kind, at, value = (np.array(column) for column in zip(*deeds, strict=True))
    nothing = np.zeros(len(deeds), np.int64)
    return InteractionTable(
        shopper, item, kind.astype(np.int8), at * SECOND, nothing + 1, nothing, nothing, value.astype(np.float32)
    )


def test_a_measured_stay_belongs_to_the_click_before_it():
    pages = shown((0, 5, 10, True), (0, 5, 5000, True), (0, 6, 10, False), (1, 5, 10, True))
    deeds = done(
        (0, 5, Kind.DWELL, 5, 99.0),  # before the page
        (0, 5, Kind.DWELL, 40, 12.5),
        (0, 6, Kind.DWELL, 60, 30.0),  # not clicked
        (0, 5, Kind.DWELL, 5100, 7000.0),
        (1, 5, Kind.DWELL, 10_000, 20.0),  # hours later
    )
    np.testing.assert_array_equal(stays_of(pages, deeds), [12.5, LONGEST_SECONDS, np.nan, np.nan])


def test_without_measured_stays_the_next_deed_with_another_item_ends_a_stay():
    pages = shown((0, 5, 10, True), (0, 7, 10, True), (1, 5, 10, True), (2, 5, 10, True))
    deeds = done(
        (0, 5, Kind.CLICK, 12, np.nan),
        (0, 5, Kind.CART, 30, np.nan),
        (0, 7, Kind.VIEW, 52, np.nan),  # the shopper's last deed: nobody knows how long
        (1, 5, Kind.VIEW, 20, np.nan),
        (1, 5, Kind.VIEW, 25, np.nan),
        (1, 6, Kind.VIEW, 20_000, np.nan),  # came back hours later
        (2, 6, Kind.VIEW, 30, np.nan),
    )
    np.testing.assert_array_equal(stays_of(pages, deeds), [40.0, np.nan, np.nan, np.nan])


def test_where_a_shop_measures_a_click_without_a_measurement_is_unknown():
    pages = shown((0, 5, 10, True), (1, 5, 10, True))
    deeds = done((0, 5, Kind.DWELL, 40, 12.5), (1, 5, Kind.CLICK, 12, np.nan), (1, 6, Kind.CLICK, 20, np.nan))
    np.testing.assert_array_equal(with_stays(pages, deeds).stayed_seconds, [12.5, np.nan])


def test_long_is_longer_than_the_median_and_unknown_is_not_short():
    cards = [(0, 5, i, i < 40) for i in range(60)]
    stays = np.where(np.arange(60) < 30, np.arange(60) + 1.0, np.nan)
    pages = shown(*cards, stays=stays)
    assert long_stay_seconds(pages) == 15.5
    labels = outcomes(pages)
    dwell = labels[:, HEADS.index("dwell")]
    assert dwell[:15].tolist() == [0.0] * 15
    assert dwell[15:30].tolist() == [1.0] * 15
    assert np.isnan(dwell[30:40]).all()
    assert not dwell[40:].any()
    weights = outcome_weights(labels)[:, HEADS.index("dwell")]
    assert (weights @ np.nan_to_num(dwell)) / weights.sum() == pytest.approx(20 / 60)  # half of the 40 clicks
    assert (outcome_weights(labels)[:, :4] == 1).all()
    earned = RewardWeights().earned(pages)
    assert earned[[0, 20, 35, 50]].tolist() == [1.0, 1.5, 1.25, 0.0]


def test_too_few_stays_say_nothing():
    pages = shown((0, 5, 10, True), (0, 6, 10, False), stays=[30.0, np.nan])
    assert np.isnan(long_stay_seconds(pages))
    assert outcomes(pages)[:, HEADS.index("dwell")].tolist() == [0.0, 0.0]
