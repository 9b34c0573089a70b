import numpy as np
import pytest

from recommender.data.types import DataError
from recommender.ranking.components import COMPONENTS, log_softmax, reciprocal_rank
from recommender.ranking.fusion import DEFAULT_WEIGHTS, FUSED, Choice, FusionWeights
from recommender.ranking.fusion_fitting import FEW, RIDGE, RIDGES, fusion_fit

K = len(COMPONENTS)


def choices(weights: np.ndarray, users: int = 1500, c: int = 30, seed: int = 0) -> list[Choice]:
    """Shoppers who choose by known weights."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(users):
        x = rng.normal(size=(c, K)).astype(np.float32)
        p = np.exp(log_softmax((x @ weights).astype(np.float32)))
        made.append(Choice(x, np.array([rng.choice(c, p=p / p.sum())])))
    return made


def test_fitted_weights_recover_those_that_made_the_choices():
    truth = np.zeros(K)
    truth[[0, 3, 7]] = 1.0, -0.5, 0.3
    found = fusion_fit(choices(truth), ridge=0.1)
    assert np.abs(np.array(found.weights) - truth).max() < 0.12
    assert found.users == 1500


def test_a_strong_ridge_stays_with_the_prior():
    found = fusion_fit(choices(np.zeros(K), users=50), ridge=1e7)
    assert np.allclose(found.weights, DEFAULT_WEIGHTS.weights, atol=1e-3)


def loss(weights: FusionWeights, made: list[Choice]) -> float:
    """Nats per choice."""
    return -float(np.mean([log_softmax(weights.fuse(one.components))[one.chosen[0]] for one in made]))


def test_few_choices_that_agree_with_the_defaults_stay_with_them():
    truth = np.array(DEFAULT_WEIGHTS.weights)
    few, fresh = choices(truth, users=40, seed=1), choices(truth, users=2000, seed=2)
    found = fusion_fit(few)
    assert found.ridge > RIDGE
    assert loss(found, fresh) < loss(fusion_fit(few, ridge=RIDGE), fresh) - 0.1


def test_few_choices_that_contradict_the_defaults_leave_them():
    truth = np.zeros(K)
    truth[[0, 1]] = 3.0, -2.0
    few, fresh = choices(truth, users=120, seed=1), choices(truth, users=2000, seed=2)
    found = fusion_fit(few)
    assert found.ridge <= RIDGE
    assert loss(found, fresh) < loss(fusion_fit(few, ridge=RIDGES[0]), fresh) - 0.1


def test_many_choices_need_no_search_for_a_ridge():
    assert fusion_fit(choices(np.zeros(K), users=FEW)).ridge == RIDGE


def test_too_few_shoppers_fit_nothing():
    assert fusion_fit(choices(np.ones(K), users=29)) == DEFAULT_WEIGHTS


def test_a_component_that_never_varies_gets_no_weight():
    made = [Choice(np.where(np.arange(K) == 2, 5.0, one.components), one.chosen) for one in choices(np.ones(K), 60)]
    assert fusion_fit(made).weights[2] == 0.0


def test_a_component_that_is_not_a_number_is_refused():
    made = choices(np.ones(K), users=40)
    made[7].components[0, 0] = np.nan
    with pytest.raises(DataError, match="not finite"):
        fusion_fit(made)


def test_weights_survive_json_and_ignore_components_that_are_gone():
    weights = fusion_fit(choices(np.ones(K), users=40))
    content = weights.to_json()
    assert FusionWeights.from_json(content) == weights
    content["weights"]["of an older version"] = 3.0
    assert FusionWeights.from_json(content) == weights
    assert FusionWeights.from_json({}) == DEFAULT_WEIGHTS


def test_there_are_at_most_twenty_global_weights():
    assert len(FUSED) <= 20


def test_equal_scores_share_their_rank():
    assert reciprocal_rank(np.array([2.0, 2.0, 1.0], np.float32)).tolist() == pytest.approx([5 / 5.5, 5 / 5.5, 5 / 7])


def test_columns_that_are_not_fused_have_no_weight():
    truth = np.zeros(K)
    truth[[0, COMPONENTS.index("vae")]] = 1.0, 2.0
    found = dict(zip(COMPONENTS, fusion_fit(choices(truth)).weights, strict=True))
    assert found["vae"] == 0.0
    assert found["encoder"] > 0.5
    whole = dict(zip(COMPONENTS, fusion_fit(choices(truth), columns=COMPONENTS).weights, strict=True))
    assert whole["vae"] > 1.5
