import doctest

import numpy as np
import pytest

from recommender.evaluation import bootstrap, metrics
from recommender.evaluation.bootstrap import bootstrap_difference, bootstrap_mean
from recommender.evaluation.metrics import (
    coverage,
    hit_rate,
    mean_popularity,
    ndcg,
    ranks_collect,
    ranks_in_list,
    ranks_in_scores,
)


@pytest.mark.parametrize("module", [metrics, bootstrap])
def test_worked_examples_are_right(module):
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0


def test_ties_count_against_the_model():
    assert ranks_in_scores(np.zeros(100), np.array([3])).tolist() == [100.0]
    assert ranks_in_list(np.arange(100), np.zeros(100, np.float32), np.array([0])).tolist() == [100.0]


def test_what_may_not_be_shown_and_what_nobody_knows_are_misses():
    scores = np.array([1.0, -np.inf, 0.5])
    assert ranks_in_scores(scores, np.array([1, -1, 2])).tolist() == [np.inf, np.inf, 2.0]
    assert ranks_in_list(np.zeros(0, np.int64), np.zeros(0, np.float32), np.array([1])).tolist() == [np.inf]


def test_scores_and_lists_agree_on_a_whole_ranking():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 20, 60).astype(np.float32)
    order = np.argsort(-scores, kind="stable")
    targets = np.arange(60)
    assert np.array_equal(ranks_in_scores(scores, targets), ranks_in_list(order, scores[order], targets))


def test_a_perfect_list_of_many_targets_has_ndcg_one():
    ranks = ranks_collect([np.arange(1, 26, dtype=np.float32)])
    assert ndcg(ranks, 10).tolist() == [1.0]
    assert hit_rate(ranks, 1).tolist() == [1.0]


def test_coverage_and_popularity_leave_out_empty_places():
    lists = np.array([[0, -1], [0, 2]])
    assert coverage(lists, 4, 1) == 0.25
    assert mean_popularity(lists, np.array([6.0, 1.0, 3.0], np.float32), 2) == pytest.approx(0.5)


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(1)
    inside = 0
    for trial in range(200):
        sample = rng.exponential(size=80).astype(np.float32)
        interval = bootstrap_mean(sample, seed=trial, n=300)
        inside += interval.low <= 1.0 <= interval.high
    assert 0.88 <= inside / 200 <= 0.98


def test_clusters_widen_the_interval():
    values = np.repeat(np.random.default_rng(2).normal(size=50), 10).astype(np.float32)
    plain = bootstrap_mean(values, seed=0)
    clustered = bootstrap_mean(values, seed=0, clusters=np.repeat(np.arange(50), 10))
    assert clustered.high - clustered.low > 2 * (plain.high - plain.low)
    assert clustered.mean == pytest.approx(plain.mean)


def test_paired_differences_separate_what_means_cannot():
    rng = np.random.default_rng(3)
    theirs = rng.normal(size=400).astype(np.float32)
    ours = theirs + 0.05 + rng.normal(scale=0.1, size=400).astype(np.float32)
    assert bootstrap_difference(ours, theirs, seed=0).verdict == "better"
    assert bootstrap_difference(theirs, ours, seed=0).verdict == "worse"
    assert bootstrap_difference(theirs, rng.permutation(theirs), seed=0).verdict == "inconclusive"
