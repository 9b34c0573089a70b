import math

import pytest
import torch
from torch.nn import functional as F

from recommender.encoders.losses import full_cross_entropy, sampled_cross_entropy


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
