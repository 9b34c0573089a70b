"""Off-policy estimators: agreement with Open Bandit Pipeline, the truth in an enumerated world, honest refusals."""

import csv
import gzip
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.data.types import DataError
from recommender.evaluation.off_policy import (
    LoggedSlots,
    difference,
    dr,
    dr_sums,
    effective_size,
    ips,
    ips_sums,
    snips,
    snips_sums,
)

# Twelve rounds with three actions, drawn once with numpy's default_rng(7); the expected values are what obp 0.4.1 says
# of them: InverseProbabilityWeighting, SelfNormalizedInverseProbabilityWeighting and DoublyRobust, one position.
PROPENSITIES = [0.276, 0.333, 0.463, 0.092, 0.418, 0.174, 0.303, 0.727, 0.095, 0.197, 0.254, 0.601]
TARGET = [
    [0.32, 0.15, 0.53],
    [0.38, 0.44, 0.18],
    [0.18, 0.41, 0.41],
    [0.42, 0.31, 0.27],
    [0.02, 0.1, 0.88],
    [0.21, 0.5, 0.29],
    [0.52, 0.34, 0.14],
    [0.21, 0.52, 0.27],
    [0.04, 0.4, 0.56],
    [0.47, 0.47, 0.06],
    [0.68, 0.21, 0.11],
    [0.44, 0.35, 0.21],
]
MODEL = [
    [0.52, 0.951, 0.251],
    [0.806, 0.676, 0.717],
    [0.63, 0.972, 0.333],
    [0.398, 0.203, 0.051],
    [0.213, 0.915, 0.84],
    [0.112, 0.604, 0.479],
    [0.595, 0.659, 0.307],
    [0.961, 0.466, 0.628],
    [0.635, 0.184, 0.062],
    [0.412, 0.764, 0.815],
    [0.73, 0.113, 0.913],
    [0.802, 0.878, 0.523],
]
ACTIONS = [2, 0, 0, 0, 0, 1, 0, 2, 0, 1, 1, 2]
REWARDS = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0]
OBP = {ips: 0.516878326233943, snips: 0.36469617416253136, dr: 0.337920680736516}


def small_log() -> LoggedSlots:
    rows, target, model = np.arange(12), np.array(TARGET), np.array(MODEL)
    return LoggedSlots(
        rewards=np.array(REWARDS),
        propensities=np.array(PROPENSITIES),
        target=target[rows, ACTIONS],
        clusters=rows,
        model_logged=model[rows, ACTIONS],
        model_target=(target * model).sum(axis=1),
    )


@pytest.mark.parametrize("estimator", OBP, ids=lambda one: one.__name__)
def test_agrees_with_open_bandit_pipeline(estimator):
    assert estimator(small_log()).value == pytest.approx(OBP[estimator], abs=1e-6)


def world(rng, *, shoppers=400, slots=5, bad_model=False):
    """Two kinds of shopper, three cards; logging and target policy and true values are known."""
    kind = rng.integers(0, 2, shoppers)
    clusters = np.repeat(np.arange(shoppers), slots)
    k = kind[clusters]
    worth = np.array([[0.1, 0.5, 0.3], [0.6, 0.2, 0.3]])
    mu = np.array([[0.5, 0.2, 0.3], [0.3, 0.5, 0.2]])
    pi = np.array([[0.2, 0.6, 0.2], [0.7, 0.1, 0.2]])
    action = (rng.random(len(k))[:, None] > np.cumsum(mu[k], axis=1)).sum(axis=1)
    model = np.full_like(worth, 0.9) if bad_model else worth
    log = LoggedSlots(
        rewards=(rng.random(len(k)) < worth[k, action]).astype(float),
        propensities=mu[k, action],
        target=pi[k, action],
        clusters=clusters,
        model_logged=model[k, action],
        model_target=(pi[k] * model[k]).sum(axis=1),
    )
    return log, float((pi * worth).sum(axis=1).mean())


@pytest.mark.parametrize("estimator", [ips, snips, dr])
@pytest.mark.parametrize("bad_model", [False, True])
def test_finds_the_true_value_even_with_a_wrong_reward_model(estimator, bad_model):
    found = []
    for seed in range(30):
        log, truth = world(np.random.default_rng(seed), bad_model=bad_model)
        found.append(estimator(log).value)
    assert np.mean(found) == pytest.approx(truth, abs=0.01)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    covered = []
    for seed in range(500):
        log, truth = world(np.random.default_rng(seed), shoppers=120, slots=3)
        estimate = snips(log, level=0.9, seed=seed)
        covered.append(estimate.low <= truth <= estimate.high)
    assert 0.86 <= np.mean(covered) <= 0.94


def test_slots_of_one_shopper_are_not_independent_evidence():
    log, _ = world(np.random.default_rng(0), shoppers=60, slots=1)
    columns = (log.rewards, log.propensities, log.target, log.clusters)
    copied = LoggedSlots(*(np.tile(column, 20) for column in columns))
    one, many = snips(log, seed=1), snips(copied, seed=1)
    assert many.standard_error == pytest.approx(one.standard_error, rel=1e-9)
    assert many.effective_clusters == pytest.approx(one.effective_clusters)
    as_if_independent = snips(replace(copied, clusters=np.arange(len(copied.rewards))), seed=1)
    assert as_if_independent.standard_error < 0.5 * many.standard_error


def test_paired_difference_cancels_what_both_share():
    log, _ = world(np.random.default_rng(3))
    nothing = difference(log, snips_sums(log), snips_sums(log))
    assert (nothing.value, nothing.low, nothing.high) == (0.0, 0.0, 0.0)
    nearly = replace(log, target=0.95 * log.target + 0.05 * log.propensities)
    paired = difference(nearly, ips_sums(nearly), ips_sums(log))
    assert paired.standard_error < 0.2 * ips(log).standard_error


def test_diagnostics_name_tails_cuts_and_unsupported_mass():
    log = replace(small_log(), unsupported=np.full(12, 0.25))
    weights = log.weights()
    estimate = ips(log, max_weight=2.0)
    assert estimate.unsupported == 0.25
    assert estimate.weight_max == pytest.approx(weights.max())
    assert estimate.clipped == pytest.approx((weights > 2).mean())
    assert estimate.effective_sample == pytest.approx(effective_size(np.minimum(weights, 2.0)))
    assert not estimate.conclusive  # twelve shoppers


def test_effective_size_of_equal_weights_is_their_number():
    assert effective_size(np.full(7, 3.0)) == pytest.approx(7)
    assert effective_size(np.array([1.0, 0, 0, 0])) == 1
    assert effective_size(np.zeros(3)) == 0


@pytest.mark.parametrize("propensity", [0.0, -0.1, 1.1, np.nan])
def test_refuses_propensities_that_are_none(propensity):
    with pytest.raises(DataError, match="slot 0"):
        LoggedSlots(np.ones(1), np.array([propensity]), np.ones(1), np.zeros(1, np.int64))


def test_refuses_what_cannot_be_estimated():
    with pytest.raises(DataError, match="no logged slots"):
        LoggedSlots(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, np.int64))
    bare = replace(small_log(), model_logged=None)
    with pytest.raises(DataError, match="reward model"):
        dr_sums(bare)
    with pytest.raises(DataError, match="never shows"):
        snips(replace(small_log(), target=np.zeros(12)))


@pytest.mark.skipif(not os.environ.get("DPE_DATA"), reason="DPE_DATA is not set")
def test_open_bandit_logs_overlap_with_a_uniform_target():
    """The samples carry too few clicks to rank estimators; that weights average to 1 is what they can show."""
    for policy in ("random", "bts"):
        path = Path(os.environ["DPE_DATA"]) / "open_bandit_men" / policy / "men.csv.gz"
        with gzip.open(path, "rt") as stream:
            lines = list(csv.DictReader(stream))
        propensities = np.array([float(line["propensity_score"]) for line in lines])
        n_items = len({line["item_id"] for line in lines})
        log = LoggedSlots(
            rewards=np.array([float(line["click"]) for line in lines]),
            propensities=propensities,
            target=np.full(len(lines), 1 / n_items),
            clusters=np.arange(len(lines)),
        )
        assert n_items == 34
        assert log.weights().mean() == pytest.approx(1, abs=0.1)
        estimate = ips(log)
        if policy == "random":
            assert estimate.effective_sample == pytest.approx(10_000)
        else:  # Thompson sampling keeps showing what it likes: long tails, a fifteenth of the rows
            assert 400 < estimate.effective_sample < 1_000
            assert estimate.weight_max > 100
