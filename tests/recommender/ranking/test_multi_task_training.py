"""The ranker beats the fusion on held-out shoppers, learns nothing from noise, and serves what it learned."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from recommender.data.absent import Absent
from recommender.data.onnx_model import OnnxModel
from recommender.ranking.components import components_compute
from recommender.ranking.fusion import DEFAULT_WEIGHTS
from recommender.ranking.multi_task_net import net_logits
from recommender.ranking.multi_task_training import ranker_export, ranker_train
from recommender.ranking.rank import ROWS, rank, ranker_refusal
from recommender.ranking.ranker_config import RankerConfig
from recommender.ranking.ranker_evaluation import page_auc
from recommender.ranking.reliability import BINS
from tests.fixtures.logged_shop import MeanEncoder, logged_shop

pytestmark = pytest.mark.usefixtures("one_thread")

KNOWS_NOTHING = {"encoder_saw_pages": False}  # its vectors are not learned from behaviour


def train(snapshot, arrays, **options):
    return ranker_train(
        snapshot, arrays, MeanEncoder(), components_compute, fuse=DEFAULT_WEIGHTS.fuse, **KNOWS_NOTHING | options
    )


@pytest.fixture(scope="module")
def shop():
    return logged_shop(shoppers=240, pages=12)


@pytest.fixture(scope="module")
def trained(shop):
    return train(shop.snapshot, shop.arrays)


@pytest.fixture(scope="module")
def network(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("ranker") / "ranker.onnx"
    assert ranker_export(trained, path) <= 1e-4
    return OnnxModel(path)


def test_beats_the_fusion_on_later_pages_of_other_shoppers(trained):
    click = trained.metrics["heads"]["click"]
    assert click["auc_explored"] > click["fusion_auc_explored"] + 0.02
    assert click["auc_page"] > click["fusion_auc_page"] + 0.02
    assert click["log_loss"] < click["log_loss_of_rate"]
    assert click["ece"] < 0.03
    dwell = trained.metrics["heads"]["dwell"]
    assert dwell["positives"] > 50
    assert dwell["auc_explored"] > click["auc_explored"]  # stays are less of a chance than clicks here
    assert dwell["ece_explored"] < 0.03


def test_what_a_bundle_keeps_of_it_can_be_read_again(trained):
    kept = json.loads(json.dumps(trained.to_json(), allow_nan=False))
    assert ranker_refusal(kept) == ""
    assert kept["network"] == RankerConfig().network
    assert kept["long_stay_seconds"] > 0
    bins = kept["metrics"]["heads"]["click"]["reliability"]
    assert len(bins) == BINS
    assert all(one["low"] <= one["happened"] <= one["high"] for one in bins)
    assert sum(one["rows"] for one in bins) <= kept["metrics"]["rows"]


def test_tables_of_the_future_do_not_reach_the_features():
    """Clicks that depend on nothing but the place: an item-kNN that had seen them would find them again."""
    blind = logged_shop(shoppers=240, pages=12, seed=4, indifferent=True)
    found = train(blind.snapshot, blind.arrays)
    assert found.metrics["heads"]["click"]["auc_page"] == pytest.approx(0.5, abs=0.06)


def test_equal_seeds_give_equal_weights(shop):
    config = RankerConfig(max_pages=300, min_steps=50)
    first, again = (train(shop.snapshot, shop.arrays, config=config) for _ in range(2))
    rows = np.random.default_rng(0).normal(size=(8, len(first.feature_names))).astype(np.float32)
    np.testing.assert_array_equal(net_logits(first.model, rows), net_logits(again.model, rows))


def test_too_few_pages_are_said_to_be_too_few(shop):
    none = train(replace(shop.snapshot, impressions=None), shop.arrays)
    assert isinstance(none, Absent)
    assert "no shown pages" in none.reason
    few = train(shop.snapshot, shop.arrays, config=RankerConfig(min_pages=10**6))
    assert isinstance(few, Absent)
    assert "2880 shown pages" in str(few)


def test_serving_gives_calibrated_probabilities(trained, network):
    mean, spread = trained.scaling
    rows = (mean + spread * np.random.default_rng(1).normal(size=(700, len(mean)))).astype(np.float32)
    ranked = rank(network, rows, trained.rewards)
    expected = np.stack([one.apply(net_logits(trained.model, rows)[:, h]) for h, one in enumerate(trained.calibration)])
    served = np.stack([ranked.p_click, ranked.p_cart, ranked.p_purchase, ranked.p_dislike, ranked.p_dwell])
    np.testing.assert_allclose(served, expected, atol=1e-4)
    with torch.no_grad():
        unsure = trained.model.logits_and_deviations(torch.from_numpy(rows))[1].numpy()
    slopes = np.array([abs(one.slope) for one in trained.calibration])
    worth = trained.rewards.vector() * (served * (1 - served)).T / np.maximum(ranked.value, 1e-4)[:, None]
    np.testing.assert_allclose(ranked.deviation, np.sqrt(((worth * unsure * slopes) ** 2).sum(axis=1)), rtol=1e-3)
    np.testing.assert_allclose(ranked.score, np.log(np.maximum(ranked.value, 1e-4)), rtol=1e-6)


def test_a_row_does_not_depend_on_its_companions(trained, network):
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(ROWS + 40, len(trained.feature_names))).astype(np.float32)
    together = rank(network, rows).score
    for row in (0, 7, ROWS - 1, ROWS, ROWS + 39):
        assert rank(network, rows[row : row + 1]).score[0] == together[row]
    order = rng.permutation(len(rows))
    np.testing.assert_array_equal(rank(network, rows[order]).score, together[order])
    assert len(rank(network, rows[:0]).score) == 0


def test_pools_are_scored_by_the_net_that_never_met_the_shopper(trained, shop):
    pools = trained.pools
    assert (np.diff(pools.start) == 40).all()
    assert np.isfinite(pools.score).all()
    taste = shop.attraction[
        shop.snapshot.impressions.shopper[np.searchsorted(shop.snapshot.impressions.page, pools.page)]
    ]
    truth = np.concatenate([taste[i, pools.item[pools.start[i] : pools.start[i + 1]]] for i in range(len(pools.page))])
    page = np.repeat(np.arange(len(pools.page)), np.diff(pools.start))
    best = (truth > np.quantile(truth, 0.8)).astype(float)
    assert page_auc(pools.score, best, page) > 0.65
