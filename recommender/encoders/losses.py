"""Softmax losses over a whole vocabulary or a sample of it, written to need little memory (torch)."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

CHUNK = 2048  # rows of logits held at once


class _FullCrossEntropy(torch.autograd.Function):
    """Mean cross-entropy whose gradients are made during the forward pass, so that no logits are kept."""

    @staticmethod
    def forward(ctx: Any, states: Tensor, vectors: Tensor, bias: Tensor, targets: Tensor, dtype: torch.dtype) -> Tensor:
        low_states, low_vectors = states.to(dtype), vectors.to(dtype)
        d_states = torch.empty_like(states)
        d_vectors, d_bias = torch.zeros_like(vectors), torch.zeros_like(bias)
        total = states.new_zeros(())
        for begin in range(0, len(states), CHUNK):
            rows = slice(begin, begin + CHUNK)
            part, wanted = low_states[rows], targets[rows, None]
            logits = (part @ low_vectors.T).float().add_(bias)
            total += torch.logsumexp(logits, 1).sum() - logits.gather(1, wanted).sum()
            slope = torch.softmax(logits, 1)
            slope.scatter_add_(1, wanted, torch.full_like(wanted, -1, dtype=slope.dtype))
            d_bias += slope.sum(0)
            low_slope = slope.to(dtype)
            d_states[rows] = (low_slope @ low_vectors).float()
            d_vectors += (low_slope.T @ part).float()
        n = len(states)
        ctx.save_for_backward(d_states.div_(n), d_vectors.div_(n), d_bias.div_(n))
        return total / n

    @staticmethod
    def backward(ctx: Any, *outward: Tensor) -> tuple[Tensor | None, ...]:
        (slope,) = outward
        d_states, d_vectors, d_bias = ctx.saved_tensors
        return d_states * slope, d_vectors * slope, d_bias * slope, None, None


def full_cross_entropy(states: Tensor, vectors: Tensor, bias: Tensor, targets: Tensor, dtype: torch.dtype) -> Tensor:
    """Mean of −log softmax(states · vectorsᵀ + bias)[target].

    Args:
        states: (m, d).
        vectors: (n, d).
        bias: (n,).
        targets: (m,) int64 in [0, n).
        dtype: of the large products; sums and the softmax are float32.
    """
    loss: Tensor = _FullCrossEntropy.apply(states, vectors, bias, targets, dtype)  # type: ignore[no-untyped-call]
    return loss


def sampled_cross_entropy(
    states: Tensor, vectors: Tensor, bias: Tensor, targets: Tensor, negatives: Tensor, log_share: Tensor
) -> Tensor:
    """Cross-entropy against the target and a shared sample of negatives, corrected for how often each is drawn.

        logit'(i) = logit(i) − log q(i);   a negative that equals the row's target is masked

    Args:
        states: (m, d).
        vectors: (n, d).
        bias: (n,).
        targets: (m,) int64 in [0, n).
        negatives: (s,) items drawn with probabilities q, with repetition.
        log_share: (n,) log(s · q).
    Reference: Bengio and Senécal, 2008; Yi et al., 2019 (logQ correction).
    """
    positive = (states * vectors[targets]).sum(1) + bias[targets]
    logits = states @ vectors[negatives].T + bias[negatives] - log_share[negatives]
    logits = logits.masked_fill(targets[:, None] == negatives[None, :], float("-inf"))
    everything = torch.cat([positive[:, None], logits], dim=1)
    return F.cross_entropy(everything, torch.zeros_like(targets))
