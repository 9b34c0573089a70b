"""Negatives are drawn as often as their shares say, and the correction makes a sample speak for the whole."""

import numpy as np
import pytest

from recommender.data.negatives import WAYS, hardest, negatives_of
from recommender.data.types import DataError

COUNTS = np.array([0, 1, 3, 15, 80], np.float32)
DRAWN = 200_000


@pytest.mark.parametrize(
    ("way", "power", "expected"),
    [
        ("uniform", 0.75, np.ones(5)),
        ("popularity", 0.0, np.ones(5)),
        ("popularity", 0.75, (COUNTS + 1) ** 0.75),
        ("popularity", 1.0, COUNTS + 1),
        ("batch", 0.75, COUNTS),
    ],
)
def test_items_are_drawn_as_often_as_said(way, power, expected):
    negatives = negatives_of(way, COUNTS, power=power)
    drawn = np.bincount(negatives.draw(DRAWN, np.random.default_rng(3)), minlength=5) / DRAWN
    wanted = expected / expected.sum()
    np.testing.assert_allclose(negatives.share, wanted, rtol=1e-6)
    assert (np.abs(drawn - wanted) <= 4 * np.sqrt(wanted * (1 - wanted) / DRAWN)).all()


def test_equal_seeds_draw_the_same():
    negatives = negatives_of("popularity", COUNTS)
    first, again, other = (negatives.draw(50, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_what_is_never_drawn_has_no_share():
    negatives = negatives_of("batch", COUNTS)
    assert negatives.log_share(10)[0] == -np.inf
    assert 0 not in negatives.draw(10_000, np.random.default_rng(0))


@pytest.mark.parametrize("way", ["uniform", "popularity"])
def test_the_correction_makes_a_sample_speak_for_all(way):
    """Σ exp(logit − log_share) over the sample is an unbiased estimate of Σ exp(logit) over the vocabulary."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=5).astype(np.float32)
    negatives = negatives_of(way, COUNTS)
    drawn = negatives.draw(DRAWN, rng)
    estimate = np.exp(logits[drawn] - negatives.log_share(DRAWN)[drawn]).sum()
    assert estimate == pytest.approx(np.exp(logits).sum(), rel=0.02)


def test_the_hardest_are_what_the_model_scores_best():
    scores = np.array([[0.1, 2.0, -np.inf, 0.5], [0.3, 0.0, -np.inf, 0.4]], np.float32)
    assert hardest(scores, 2).tolist() == [1, 3]
    assert hardest(scores, 5, spared=1).tolist() == [3, 0]
    assert not len(hardest(np.zeros((0, 4), np.float32), 2))


def test_ties_go_to_the_lower_item():
    assert hardest(np.zeros((2, 4), np.float32), 3).tolist() == [0, 1, 2]


def test_one_item_is_its_own_negative():
    assert negatives_of("uniform", np.ones(1, np.float32)).draw(3, np.random.default_rng(0)).tolist() == [0, 0, 0]


@pytest.mark.parametrize("way", WAYS)
def test_an_empty_vocabulary_is_refused(way):
    with pytest.raises(DataError, match="no item to draw"):
        negatives_of(way, np.zeros(0, np.float32))


def test_nothing_met_leaves_a_batch_without_negatives():
    with pytest.raises(DataError, match="no item was met"):
        negatives_of("batch", np.zeros(3, np.float32))


def test_an_unknown_way_is_named():
    with pytest.raises(ValueError, match="no way 'clever'"):
        negatives_of("clever", COUNTS)
