"""The gate promotes what is better or as good and newer, and is not fooled by trying often."""

import numpy as np
import pytest

from recommender.evaluation.online_fdr import lord_level
from recommender.evaluation.promotion_gate import GateConfig, Verdict, gate_judge, paired

CONFIG = GateConfig()


def scores(rng, mean, n=400):
    return np.clip(rng.normal(mean, 0.2, n), 0, 1).astype(np.float32)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def judge(ours, popular, live=None, anchor=None, ledger=()):
    return gate_judge(ours, popular, live=live, anchor=anchor, ledger=ledger, config=CONFIG)


def test_a_first_bundle_must_beat_best_sellers(rng):
    popular = scores(rng, 0.3)
    assert judge(popular + 0.05, popular).verdict is Verdict.FIRST
    assert judge(popular.copy(), popular).verdict is Verdict.NOT_ABOVE_POPULARITY


def test_too_few_shoppers_prove_nothing(rng):
    popular = scores(rng, 0.3, n=10)
    assert not judge(popular + 0.5 + rng.normal(0, 0.01, 10), popular).verdict.passes


def test_clearly_better_than_the_live_bundle_passes_as_better(rng):
    live = scores(rng, 0.4)
    result = judge(live + rng.normal(0.1, 0.1, 400).astype(np.float32), scores(rng, 0.2), live=live)
    assert result.verdict is Verdict.BETTER
    assert result.live.lower > 0


def test_equal_but_newer_passes_as_a_refresh(rng):
    live = scores(rng, 0.4)
    same = live + rng.normal(0, 0.02, 400).astype(np.float32)
    assert judge(same, scores(rng, 0.2), live=live).verdict is Verdict.REFRESH


def test_small_losses_cannot_add_up_because_the_anchor_stays(rng):
    anchor = scores(rng, 0.4)
    live = anchor - 0.015
    slightly_worse = live - 0.004 + rng.normal(0, 0.005, 400).astype(np.float32)
    popular = scores(rng, 0.1)
    assert judge(slightly_worse, popular, live=live).verdict is Verdict.REFRESH
    assert not judge(slightly_worse, popular, live=live, anchor=anchor).verdict.passes


def test_worse_is_refused(rng):
    live = scores(rng, 0.4)
    worse = live - 0.05 + rng.normal(0, 0.05, 400).astype(np.float32)
    assert judge(worse, scores(rng, 0.1), live=live).verdict is Verdict.WORSE


def test_the_paired_difference_is_that_of_student(rng):
    ours, theirs = np.array([1.0, 2.0, 4.0], np.float32), np.array([0.0, 1.0, 2.0], np.float32)
    result = paired(ours, theirs)
    assert result.difference == pytest.approx(4 / 3)
    half = 4.302653 * 0.577350 / np.sqrt(3)  # t(.975; 2) · s / √n
    assert (result.lower, result.upper) == (
        pytest.approx(4 / 3 - half, rel=1e-4),
        pytest.approx(4 / 3 + half, rel=1e-4),
    )


def test_thirty_null_nights_rarely_promote(rng):
    """At 2.5 % a night, 53 % of such months would see a false promotion."""
    months = 300
    false = 0
    for _ in range(months):
        ledger = []
        for _ in range(30):
            ledger.append(rng.random() <= lord_level(ledger))
        false += any(ledger)
    assert false / months < 0.08


def test_levels_never_spend_more_than_the_budget():
    assert sum(lord_level([False] * k) for k in range(500)) < 0.025


def test_discoveries_earn_level_back():
    quiet = lord_level([False] * 20)
    assert lord_level([False] * 19 + [True]) > 5 * quiet
