"""Softmax losses over a whole vocabulary or a sample of it, written to need little memory (torch)."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

CHUNK = 256  # rows of logits made at once: few enough to stay in the processor's cache


class _FullCrossEntropy(torch.autograd.Function):
    """Mean cross-entropy whose gradients are made during the forward pass, so that no logits are kept.

    The bias rides along as two more columns of the product (its value and what rounding took from it), which spares a
    pass over the logits forward and another one backward.
    """

    @staticmethod
    def forward(ctx: Any, states: Tensor, vectors: Tensor, bias: Tensor, targets: Tensor, dtype: torch.dtype) -> Tensor:
        coarse = bias.to(dtype)
        table = torch.cat([vectors.to(dtype), coarse[:, None], (bias - coarse.float()).to(dtype)[:, None]], dim=1)
        rows = torch.cat([states.to(dtype), states.new_ones((len(states), 2), dtype=dtype)], dim=1)
        d_rows, d_table = torch.empty_like(rows, dtype=torch.float32), torch.zeros_like(table, dtype=torch.float32)
        transposed, total = table.T.contiguous(), states.new_zeros(())
        for begin in range(0, len(rows), CHUNK):
            part, wanted = rows[begin : begin + CHUNK], targets[begin : begin + CHUNK]
            place = torch.arange(len(part), device=part.device)
            slope = torch.softmax(part @ transposed, dim=1)
            total -= slope[place, wanted].float().clamp(min=1e-30).log().sum()
            slope[place, wanted] -= 1.0
            d_rows[begin : begin + CHUNK] = (slope @ table).float()
            d_table += (slope.T @ part).float()
        n, d = len(states), vectors.shape[1]
        ctx.save_for_backward(d_rows[:, :d] / n, d_table[:, :d] / n, d_table[:, d] / n)
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
        dtype: of the large products and probabilities; gradients are summed in float32.
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
