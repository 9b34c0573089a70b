"""What popularity may do to what is learned, and vectors that resist a small push."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from recommender.data.sequences import sequences_from_lists
from recommender.encoders.adversarial import adversarial_shift
from recommender.encoders.config import EncoderConfig
from recommender.encoders.losses import full_cross_entropy, loss_choose
from recommender.encoders.popularity_bias import MOST_WEIGHT, answer_weights, popularity_excuse
from recommender.encoders.training_loop import encoder_train

pytestmark = pytest.mark.usefixtures("one_thread")  # networks this small are slower on two

COUNTS = torch.tensor([99.0, 9.0, 0.0])
CONFIG = EncoderConfig(
    embedding_dim=8, max_length=6, epochs=12, tokens_per_batch=128, warmup_steps=5, learning_rate=1e-2, dropout=0.0
)


def test_the_excuse_is_the_logarithm_of_popularity_by_what_logq_leaves():
    assert popularity_excuse(COUNTS, 1.0) is None
    torch.testing.assert_close(popularity_excuse(COUNTS, 0.0), torch.log(torch.tensor([100, 10, 1]) / 111))
    torch.testing.assert_close(popularity_excuse(COUNTS, 0.75), torch.log(torch.tensor([100, 10, 1]) / 111) / 4)


def test_answers_weigh_one_on_average_and_rare_ones_more_but_not_without_end():
    assert answer_weights(COUNTS, 0.0) is None
    weights = answer_weights(COUNTS, 0.5)
    assert float((weights * COUNTS).sum() / COUNTS.sum()) == pytest.approx(1.0)
    assert float(weights[1] / weights[0]) == pytest.approx((99 / 9) ** 0.5)
    assert answer_weights(torch.tensor([1e6, 1.0]), 1.0).max() == MOST_WEIGHT


@pytest.mark.parametrize("name", ["full", "sampled", "gbce"])
def test_every_loss_knows_excuse_and_weights(name):
    torch.manual_seed(0)
    states, vectors, bias = torch.randn(6, 4), torch.randn(3, 4), torch.zeros(3)
    targets = torch.tensor([0, 0, 1, 2, 1, 0])
    seen = set()
    for options in ({}, {"logq": 0.0}, {"inverse_propensity": 1.0}):
        torch.manual_seed(1)
        loss = loss_choose(EncoderConfig(loss=name, n_negatives=16, **options), COUNTS, torch.float32)
        seen.add(round(float(loss(states, vectors, bias, targets)), 5))
    assert len(seen) == 3


def test_weighted_rows_have_the_gradients_of_autograd():
    torch.manual_seed(0)
    states, vectors = torch.randn(5, 4, requires_grad=True), torch.randn(7, 4, requires_grad=True)
    bias, targets, weight = torch.randn(7, requires_grad=True), torch.tensor([0, 1, 6, 3, 3]), torch.rand(5)
    ours = full_cross_entropy(states, vectors, bias, targets, torch.float32, weight)
    gained = torch.autograd.grad(ours, (states, vectors, bias))
    logits = states @ vectors.T + bias
    plain = (torch.nn.functional.cross_entropy(logits, targets, reduction="none") * weight).mean()
    for one, other in zip(gained, torch.autograd.grad(plain, (states, vectors, bias)), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)


def test_less_logq_recommends_what_is_popular_less():
    rng = np.random.default_rng(0)
    lists = [rng.choice(6, size=5, p=[0.6, 0.2, 0.08, 0.06, 0.04, 0.02]).tolist() for _ in range(150)]
    sequences = sequences_from_lists(lists, 6)
    usual = encoder_train(sequences, None, CONFIG, seed=1)
    excused = encoder_train(sequences, None, replace(CONFIG, logq=0.0), seed=1)
    assert np.ptp(excused.item_bias) < np.ptp(usual.item_bias)


def test_the_shift_goes_where_the_loss_rises_fastest():
    vectors = torch.tensor([[3.0, 4.0], [0.0, 5.0], [5.0, 0.0]], requires_grad=True)
    loss = (vectors[:2] * torch.tensor([[1.0, 0.0], [0.0, -2.0]])).sum()
    shift = adversarial_shift(loss, vectors, 0.1)
    torch.testing.assert_close(shift, torch.tensor([[0.5, 0.0], [0.0, -0.5], [0.0, 0.0]]))


def test_training_against_the_push_learns_and_differs():
    walks = sequences_from_lists([[(u * 3 + s) % 8 for s in range(5)] for u in range(60)], 8)
    usual = encoder_train(walks, None, CONFIG, seed=1)
    attacked = encoder_train(walks, None, replace(CONFIG, adversarial=0.1), seed=1)
    assert attacked.curve[-1].loss < attacked.curve[0].loss
    assert not np.array_equal(usual.item_vectors, attacked.item_vectors)
