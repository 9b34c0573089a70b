"""What explains a page knows nothing that came after it."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.event_weights import UNIFORM, DeedWeights, EventWeightsConfig
from recommender.data.snapshot import Snapshot
from recommender.encoders.config import SHOP_DEFAULTS, EncoderConfig, LearningConfig
from recommender.ranking.past_models import PastModels, past_models
from recommender.ranking.rolling_tables import RollingTables, explained_since, page_times
from tests.fixtures.logged_shop import MeanEncoder, logged_shop

TINY = LearningConfig(encoder=EncoderConfig(embedding_dim=16, n_blocks=1, max_length=10, epochs=1, precision="float32"))


@pytest.fixture(scope="module")
def shop():
    return logged_shop(shoppers=60, pages=10, seed=2)


def other_future(snapshot: Snapshot, since_us: int) -> Snapshot:
    """The same shop, whose shoppers do other things from ``since_us`` on."""
    facts = snapshot.interactions
    later = np.flatnonzero(facts.at_us >= since_us)
    item = facts.item.copy()
    item[later] = np.random.default_rng(0).permutation(item[later])
    assert (item != facts.item).any()
    return replace(snapshot, interactions=replace(facts, item=item))


def test_vectors_and_encoder_do_not_change_with_the_future(shop):
    since_us = explained_since(shop.snapshot.impressions)
    bundle = PastModels(shop.arrays, MeanEncoder())
    first, again = (
        past_models(snapshot, bundle, TINY, since_us=since_us)
        for snapshot in (shop.snapshot, other_future(shop.snapshot, since_us))
    )
    np.testing.assert_array_equal(first.arrays.item_vectors, again.arrays.item_vectors)
    assert first.arrays.item_vectors.shape == (240, 16)
    np.testing.assert_array_equal(first.arrays.department, shop.arrays.department)
    inputs = (
        np.random.default_rng(1).normal(size=(3, 10, 16)).astype(np.float32),
        np.ones((3, 10), np.int64),
        np.array([2, 5, 10]),
    )
    np.testing.assert_array_equal(first.encode_state.encode(*inputs), again.encode_state.encode(*inputs))


def test_too_little_past_leaves_the_bundles_own(shop):
    bundle = PastModels(shop.arrays, MeanEncoder())
    assert past_models(shop.snapshot, bundle, TINY, since_us=0) is bundle


def test_tables_are_those_before_each_period(shop):
    impressions = shop.snapshot.impressions
    tables = RollingTables(shop.snapshot, impressions, shop.arrays, SHOP_DEFAULTS)
    early = explained_since(impressions)
    other = RollingTables(other_future(shop.snapshot, early), impressions, shop.arrays, SHOP_DEFAULTS)
    for name in (
        "popularity",
        "recent_popularity",
        "replenishment",
        "rules_item",
        "rules_weight",
        "knn_item",
        "knn_weight",
    ):
        np.testing.assert_array_equal(getattr(tables.at(early), name), getattr(other.at(early), name), err_msg=name)
    last = int(page_times(impressions).max())
    assert not np.array_equal(tables.at(last).popularity, other.at(last).popularity)


def test_popularity_of_a_shorter_past_has_the_same_size(shop):
    tables = RollingTables(shop.snapshot, shop.snapshot.impressions, shop.arrays, SHOP_DEFAULTS)
    early = tables.at(explained_since(shop.snapshot.impressions)).popularity.sum()
    assert 0.5 < early / shop.arrays.popularity.sum() < 2


def test_the_past_is_counted_with_the_weights_of_the_bundle(shop):
    impressions, now = shop.snapshot.impressions, explained_since(shop.snapshot.impressions)
    few = replace(UNIFORM, kinds=tuple(replace(one, weight=float(one.kind == "purchase")) for one in UNIFORM.kinds))
    counted = {
        name: RollingTables(shop.snapshot, impressions, shop.arrays, SHOP_DEFAULTS, deeds).at(now)
        for name, deeds in {
            "plain": None,
            "alike": DeedWeights(UNIFORM, EventWeightsConfig()),
            "bought": DeedWeights(few, EventWeightsConfig()),
        }.items()
    }
    for name in ("popularity", "recent_popularity", "rules_weight", "knn_weight"):
        plain, alike, bought = (getattr(tables, name) for tables in counted.values())
        np.testing.assert_allclose(plain, alike, rtol=1e-5, err_msg=name)
        assert not np.array_equal(plain, bought), name
