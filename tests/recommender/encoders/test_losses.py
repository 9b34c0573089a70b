import math

import pytest
import torch
from torch.nn import functional as F

from recommender.encoders.config import EncoderConfig
from recommender.encoders.losses import (
    calibrated_binary_cross_entropy,
    full_cross_entropy,
    loss_choose,
    sampled_cross_entropy,
)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def problem() -> tuple[torch.Tensor, ...]:
    torch.manual_seed(3)
    states, vectors, bias = torch.randn(700, 8), torch.randn(40, 8), torch.randn(40)
    return states.requires_grad_(), vectors.requires_grad_(), bias.requires_grad_(), torch.randint(0, 40, (700,))


def gradients(loss: torch.Tensor, *of: torch.Tensor) -> list[torch.Tensor]:
    return list(torch.autograd.grad(loss, of))


def test_full_cross_entropy_has_the_value_and_gradients_of_the_plain_formula(problem):
    states, vectors, bias, targets = problem
    ours = full_cross_entropy(states, vectors, bias, targets, torch.float32)
    plain = F.cross_entropy(states @ vectors.T + bias, targets)
    assert ours.item() == pytest.approx(plain.item(), abs=1e-5)
    for mine, theirs in zip(
        gradients(ours, states, vectors, bias), gradients(plain, states, vectors, bias), strict=True
    ):
        assert torch.allclose(mine, theirs, atol=1e-6)


def test_bfloat16_stays_near_the_exact_gradient_and_keeps_a_large_bias(problem):
    states, vectors, bias, targets = problem
    with torch.no_grad():
        bias += 30.1
    ours = full_cross_entropy(states, vectors, bias, targets, torch.bfloat16)
    plain = F.cross_entropy(states @ vectors.T + bias, targets)
    assert ours.item() == pytest.approx(plain.item(), rel=0.01)
    mine, theirs = gradients(ours, vectors)[0], gradients(plain, vectors)[0]
    assert F.cosine_similarity(mine.flatten(), theirs.flatten(), dim=0) > 0.999


def test_sampled_softmax_with_the_correction_estimates_the_full_one(problem):
    states, vectors, bias, targets = problem
    share = torch.softmax(torch.arange(40) * 0.1, 0)
    negatives = torch.multinomial(share, 20_000, replacement=True)
    log_share = torch.log(share * len(negatives))
    sampled = sampled_cross_entropy(states, vectors, bias, targets, negatives, log_share)
    full = full_cross_entropy(states, vectors, bias, targets, torch.float32)
    assert sampled.item() == pytest.approx(full.item(), rel=0.03)
    uncorrected = sampled_cross_entropy(
        states, vectors, bias, targets, negatives, torch.full((40,), math.log(len(negatives) / 40))
    )
    assert abs(uncorrected.item() - full.item()) > abs(sampled.item() - full.item())


def test_calibrated_cross_entropy_is_the_published_formula(problem):
    states, vectors, bias, targets = (one.detach() for one in problem)
    negatives = torch.tensor([0, 5, 5, 39])
    ours = calibrated_binary_cross_entropy(states, vectors, bias, targets, negatives, 0.75)
    scores = states @ vectors.T + bias - math.log(40)
    alpha = 4 / 39
    beta = alpha * (0.75 * (1 - 1 / alpha) + 1 / alpha)
    expected = 0.0
    for row, target in zip(scores, targets.tolist(), strict=True):
        wrong = sum(math.log(1 - torch.sigmoid(row[i]).item()) for i in negatives.tolist() if i != target)
        expected -= beta * math.log(torch.sigmoid(row[target]).item()) + wrong
    assert ours.item() == pytest.approx(expected / len(scores), rel=1e-4)


def test_calibration_takes_back_the_overconfidence_of_few_negatives():
    """The best constant probability of an item is its true share with t = 1 and far above it with t = 0."""
    torch.manual_seed(0)
    n, targets = 100, torch.zeros(400, dtype=torch.int64)
    targets[40:] = torch.randint(1, n, (360,))  # item 0 is the answer one time in ten
    found = {}
    for calibration in (0.0, 1.0):
        bias = torch.zeros(n, requires_grad=True)
        optimiser = torch.optim.Adam([bias], lr=0.1)
        for _ in range(150):
            drawn = torch.randint(n, (10,))
            loss = calibrated_binary_cross_entropy(
                torch.zeros(400, 1), torch.zeros(n, 1), bias, targets, drawn, calibration
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        found[calibration] = torch.sigmoid(bias[0] - math.log(n)).item()
    assert found[1.0] == pytest.approx(0.1, abs=0.03)
    assert found[0.0] > 0.4


@pytest.mark.parametrize(
    ("name", "items_below", "expected"),
    [("auto", 41, "full"), ("auto", 40, "sampled"), ("full", 1, "full"), ("sampled", 99, "sampled")],
)
def test_the_configuration_names_the_loss(problem, name, items_below, expected):
    config = EncoderConfig(loss=name, full_softmax_below=items_below, n_negatives=64)
    chosen = loss_choose(config, torch.ones(40), torch.float32)
    exact = full_cross_entropy(*problem, torch.float32).item()
    values = {chosen(*problem).item() for _ in range(3)}
    assert (values == {exact}) == (expected == "full")


def test_a_vocabulary_of_one_item_has_a_finite_loss():
    for name in ("full", "sampled", "gbce"):
        chosen = loss_choose(EncoderConfig(loss=name, n_negatives=8), torch.ones(1), torch.float32)
        value = chosen(torch.ones(3, 2), torch.ones(1, 2), torch.zeros(1), torch.zeros(3, dtype=torch.int64))
        assert math.isfinite(value.item())
