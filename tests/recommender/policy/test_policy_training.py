"""A shop's policy: trained on halves, exported with parity, served at a fixed shape in the base score's units."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.absent import Absent
from recommender.data.folds import shopper_folds
from recommender.data.onnx_model import OnnxModel
from recommender.data.types import DataError
from recommender.policy.dqn_training import DqnConfig
from recommender.policy.policy_training import policy_export, policy_train
from recommender.policy.q_value import QScaling, q_scores, q_values
from recommender.ranking.training_rows import LoggedPools
from tests.fixtures.logged_shop import DIM, MeanEncoder, logged_shop

pytestmark = pytest.mark.usefixtures("one_thread")

CONFIG = DqnConfig(steps=150)


@pytest.fixture(scope="module")
def shop():
    return logged_shop(shoppers=60, pages=8)


@pytest.fixture(scope="module")
def trained(shop):
    return policy_train(shop.snapshot, shop.arrays, MeanEncoder(), config=CONFIG, encoder_saw_pages=False)


@pytest.fixture(scope="module")
def network(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("policy") / "policy.onnx"
    assert policy_export(trained, path) <= 1e-4
    return OnnxModel(path)


def test_serving_says_what_was_learned(trained, network):
    rng = np.random.default_rng(0)
    state, items = rng.normal(size=DIM).astype(np.float32), rng.normal(size=(600, DIM)).astype(np.float32)
    served = q_values(network, state, items)
    np.testing.assert_allclose(served, trained.model.q(state[None], items[None])[0], atol=1e-4)
    alone = np.array([q_values(network, state, items[i : i + 1])[0] for i in (0, 511, 512, 599)])
    np.testing.assert_array_equal(alone, served[[0, 511, 512, 599]])
    assert q_values(network, state, items[:0]).shape == (0,)


def test_scores_are_in_the_units_of_the_base_score(trained, network):
    rng = np.random.default_rng(1)
    state = trained.served_states[3]
    items = trained.item_vectors[rng.integers(0, len(trained.item_vectors), 200)]
    scaling = QScaling(q_spread=trained.q_spread, base_spread=0.7)
    scores = q_scores(network, scaling, state, items)
    assert scores.mean() == pytest.approx(0, abs=1e-5)
    assert 0.2 * 0.7 < scores.std() < 5 * 0.7
    assert QScaling.from_json({"q_spread": 2.0, "base_spread": 0.5, "more": 1}) == QScaling(2.0, 0.5)


def test_pools_are_judged_by_the_half_that_never_met_the_shopper(shop, trained):
    shown = shop.snapshot.impressions
    pages = np.array([0, 9, 100])
    start = np.concatenate([[0], np.cumsum(np.diff(shown.pool_start)[pages])])
    items = np.concatenate([shown.pool_items[shown.pool_start[p] : shown.pool_start[p + 1]] for p in pages])
    nothing = np.zeros(len(items), np.float32)
    q = trained.judged_q(LoggedPools(pages, start, items, nothing, nothing))
    halves = shopper_folds(60, seed=0)
    for place, page in enumerate(pages):
        shopper = shown.shopper[shown.page == page][0]
        rows = slice(start[place], start[place + 1])
        other = trained.witnesses.networks[1 - halves[shopper]]
        state = trained.witnesses.states[np.searchsorted(trained.witnesses.page, page)]
        expected = other.q(state[None], trained.item_vectors[items[rows]][None])[0]
        np.testing.assert_allclose(q[rows], expected, atol=1e-6)
    with pytest.raises(DataError, match="different snapshots"):
        trained.judged_q(LoggedPools(np.array([10**6]), np.array([0, 1]), items[:1], nothing[:1], nothing[:1]))


def test_too_few_pages_leave_no_policy(shop):
    absent = policy_train(replace(shop.snapshot, impressions=None), shop.arrays, MeanEncoder())
    assert isinstance(absent, Absent)
    assert str(absent).startswith("0 shown pages are logged and ")
    assert str(absent).endswith("its weight stays 0")


def test_the_manifest_says_how_it_was_learned(trained):
    content = trained.to_json()
    assert content["transitions"] == 60 * 8 * 6
    assert content["config"]["discount"] == CONFIG.discount
    assert content["q_spread"] > 0


def test_progress_counts_all_trainings(shop):
    told = []
    policy_train(
        shop.snapshot,
        shop.arrays,
        MeanEncoder(),
        config=DqnConfig(steps=50),
        encoder_saw_pages=False,
        progress=lambda *step: told.append(step[:2]),
    )
    assert told == [(50, 150), (100, 150), (150, 150)]
