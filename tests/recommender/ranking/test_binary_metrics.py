"""AUC, log-loss, calibration."""

import numpy as np
import pytest

from recommender.ranking.binary_metrics import Platt, auc, calibration_error, log_loss, platt_fit


def test_auc_counts_pairs_and_halves_ties():
    scores, labels = np.array([0.2, 0.2, 0.9, 0.1]), np.array([1, 0, 1, 0])
    pairs = [(0.2, 0.2), (0.2, 0.1), (0.9, 0.2), (0.9, 0.1)]
    expected = np.mean([1.0 if yes > no else 0.5 for yes, no in pairs])
    assert auc(scores, labels) == expected
    assert np.isnan(auc(scores, np.zeros(4)))


def test_weights_are_repetitions():
    rng = np.random.default_rng(0)
    scores, labels, times = rng.random(40), rng.integers(0, 2, 40), rng.integers(1, 4, 40)
    many = (np.repeat(scores, times), np.repeat(labels, times))
    assert auc(scores, labels, times.astype(float)) == pytest.approx(auc(*many))
    assert log_loss(scores, labels, times.astype(float)) == pytest.approx(log_loss(*many))


def test_platt_makes_shouted_logits_honest():
    rng = np.random.default_rng(1)
    truth = rng.normal(-1, 1, 20_000)
    labels = (rng.random(20_000) < 1 / (1 + np.exp(-truth))).astype(float)
    shouted = 3 * truth + 1
    fitted = platt_fit(shouted, labels, np.ones(20_000))
    assert fitted.slope == pytest.approx(1 / 3, abs=0.02)
    assert calibration_error(fitted.apply(shouted), labels) < 0.01
    assert calibration_error(Platt().apply(shouted), labels) > 0.05


def test_few_positives_move_the_level_only():
    rng = np.random.default_rng(2)
    logits, labels = rng.normal(size=1000), np.zeros(1000)
    labels[:8] = 1
    fitted = platt_fit(logits, labels, np.ones(1000))
    assert fitted.slope == pytest.approx(1)
    assert fitted.apply(logits).mean() == pytest.approx(0.008, rel=0.01)
    assert platt_fit(logits, np.zeros(1000), np.ones(1000)) == Platt()


def test_a_score_that_points_the_wrong_way_is_flattened_not_turned():
    rng = np.random.default_rng(3)
    logits = rng.normal(size=5000)
    labels = (rng.random(5000) < 1 / (1 + np.exp(logits + 2))).astype(float)
    fitted = platt_fit(logits, labels, np.ones(5000))
    assert fitted.slope == pytest.approx(0.05)
    assert fitted.apply(logits).mean() == pytest.approx(labels.mean(), rel=0.01)
