"""What a ranker's outputs mean: values, logarithms and how sure they are; older rankers are read as they were."""

import numpy as np
import pytest

from recommender.data.reward import HEADS, RewardWeights
from recommender.ranking.rank import FLOOR, OLDER_HEADS, ranked_of, ranker_refusal
from tests.fixtures.tiny_ranker import ranker_about


def outputs(n=5, seed=0):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.uniform(0.01, 0.3, (n, 5)), rng.uniform(0.05, 0.5, (n, 5))], axis=1).astype(np.float32)


def test_values_are_sums_of_rewards():
    ranked = ranked_of(np.array([[0.2, 0.05, 0.01, 0.02, 0.1]], np.float32), RewardWeights())
    assert ranked.value[0] == pytest.approx(0.2 + 0.15 + 0.1 - 0.06 + 0.05)
    assert ranked.score[0] == pytest.approx(np.log(0.44))
    assert np.isnan(ranked.deviation[0])
    lost = ranked_of(np.array([[0.0, 0, 0, 0.9, 0]], np.float32), RewardWeights())
    assert lost.score[0] == pytest.approx(np.log(FLOOR))


def test_the_deviation_is_that_of_draws():
    """The first-order formula against a million draws of the logits."""
    given = outputs()
    given[:, 5:] *= 0.3  # where a first order is enough
    ranked = ranked_of(given, RewardWeights())
    rng = np.random.default_rng(1)
    logits = np.log(given[:, :5] / (1 - given[:, :5]))
    drawn = logits + given[:, 5:] * rng.normal(size=(200_000, *logits.shape))
    values = (1 / (1 + np.exp(-drawn))) @ RewardWeights().vector()
    np.testing.assert_allclose(ranked.deviation, np.log(np.maximum(values, FLOOR)).std(axis=0), rtol=0.1)


def test_rankers_without_stays_are_read_as_they_were():
    older = outputs()[:, :4]
    ranked = ranked_of(older, RewardWeights())
    np.testing.assert_array_equal(ranked.value, (older * np.float32([1, 3, 10, -3])).sum(axis=1))
    assert np.isnan(ranked.p_dwell).all()
    assert np.isnan(ranked.deviation).all()
    assert tuple(ranked.probabilities()) == OLDER_HEADS
    assert tuple(ranked_of(outputs(), RewardWeights()).probabilities()) == HEADS


def test_rankers_of_other_heads_or_features_are_refused_with_a_reason():
    assert ranker_refusal({}) == ""
    assert ranker_refusal(ranker_about()) == ""
    assert ranker_refusal(ranker_about(OLDER_HEADS)) == ""
    assert "foretells click, share" in ranker_refusal(ranker_about(("click", "share")))
    assert "other features" in ranker_refusal(ranker_about() | {"features": ["encoder", "rules"]})
