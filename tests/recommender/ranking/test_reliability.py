"""Reliability: bins of equal weight, honest rates, intervals that know that rows of one shopper go together."""

import numpy as np
import pytest

from recommender.data.types import DataError
from recommender.ranking.reliability import reliability


def test_honest_predictions_lie_within_their_intervals():
    rng = np.random.default_rng(0)
    said = rng.beta(2, 8, 20_000)
    labels = (rng.random(20_000) < said).astype(float)
    bins = reliability(said, labels, np.ones(20_000), np.arange(20_000))
    assert len(bins) == 10
    assert sum(one.rows for one in bins) == 20_000
    assert [one.said for one in bins] == sorted(one.said for one in bins)
    assert sum(one.low <= one.said <= one.high for one in bins) >= 9
    shouted = reliability(np.sqrt(said), labels, np.ones(20_000), np.arange(20_000))
    assert sum(one.low <= one.said <= one.high for one in shouted) == 0


def test_bins_weigh_the_same_and_weights_count():
    said, labels = np.array([0.1, 0.2, 0.3, 0.9]), np.array([0.0, 1.0, 0.0, 1.0])
    first, last = reliability(said, labels, np.array([1.0, 1.0, 1.0, 3.0]), np.arange(4), bins=2)
    assert (first.rows, last.rows) == (3, 1)
    assert first.said == pytest.approx(0.2)
    assert first.happened == pytest.approx(1 / 3)
    assert sum(one.rows for one in reliability(said, labels, np.array([1.0, 0.0, 1.0, 1.0]), np.arange(4))) == 3


def test_rows_of_one_shopper_make_an_interval_wider():
    rng = np.random.default_rng(1)
    labels = np.repeat(rng.integers(0, 2, 50), 40).astype(float)
    said = np.full(2000, 0.5)
    alone = reliability(said, labels, np.ones(2000), np.arange(2000), bins=1)[0]
    together = reliability(said, labels, np.ones(2000), np.repeat(np.arange(50), 40), bins=1)[0]
    assert together.high - together.low > 4 * (alone.high - alone.low)


def test_where_nothing_happened_the_rate_may_still_be_above_zero():
    only = reliability(np.full(100, 0.01), np.zeros(100), np.ones(100), np.arange(100), bins=1)[0]
    assert only.low == 0
    assert 0.01 < only.high < 0.1


def test_nothing_and_nonsense():
    nothing = np.zeros(0)
    assert reliability(nothing, nothing, nothing, nothing) == ()
    assert reliability(np.array([0.5]), np.array([1.0]), np.array([0.0]), np.array([0])) == ()
    with pytest.raises(DataError, match="not finite"):
        reliability(np.array([np.nan]), np.array([1.0]), np.ones(1), np.zeros(1))
