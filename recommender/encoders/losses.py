"""Losses over a whole vocabulary or a sample of it, written to need little memory (torch)."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from recommender.data.negatives import hardest, negatives_of
from recommender.encoders.config import EncoderConfig
from recommender.encoders.popularity_bias import answer_weights, popularity_excuse

Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""Called with states (m, d), vectors (n, d), bias (n,) and targets (m,) of one batch; gives the mean."""

_Weighted = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor | None], Tensor]

HARD_ROWS = 32  # of a batch that are asked which items are hard
CHUNK = 256  # rows of logits made at once: few enough to stay in the processor's cache
STRIDE = (
    64  # rows are filled up to a multiple of it: each new shape costs the library a program of its own, kept for long
)


class _FullCrossEntropy(torch.autograd.Function):
    """Mean cross-entropy whose gradients are made during the forward pass, so that no logits are kept.

    The bias rides along as two more columns of the product (its value and what rounding took from it), which spares a
    pass over the logits forward and another one backward.
    """

    @staticmethod
    def forward(
        ctx: Any,
        states: Tensor,
        vectors: Tensor,
        bias: Tensor,
        targets: Tensor,
        dtype: torch.dtype,
        weight: Tensor | None,
    ) -> Tensor:
        coarse = bias.to(dtype)
        table = torch.cat([vectors.to(dtype), coarse[:, None], (bias - coarse.float()).to(dtype)[:, None]], dim=1)
        rows = torch.cat([states.to(dtype), states.new_ones((len(states), 2), dtype=dtype)], dim=1)
        rows = F.pad(rows, (0, 0, 0, -len(rows) % STRIDE))
        d_rows, d_table = torch.empty_like(rows, dtype=torch.float32), torch.zeros_like(table, dtype=torch.float32)
        transposed, total = table.T.contiguous(), states.new_zeros(())
        for begin in range(0, len(states), CHUNK):
            part, wanted = rows[begin : begin + CHUNK], targets[begin : begin + CHUNK]
            place = torch.arange(len(wanted), device=part.device)
            slope = torch.softmax(part @ transposed, dim=1)
            slope[len(wanted) :] = 0.0
            likely = slope[place, wanted].float().clamp(min=1e-30).log()
            slope[place, wanted] -= 1.0
            if weight is not None:
                counts = weight[begin : begin + CHUNK]
                likely = likely * counts
                slope[: len(wanted)] *= counts[:, None].to(dtype)
            total -= likely.sum()
            d_rows[begin : begin + CHUNK] = (slope @ table).float()
            d_table += (slope.T @ part).float()
        n, d = len(states), vectors.shape[1]
        ctx.save_for_backward(d_rows[:n, :d] / n, d_table[:, :d] / n, d_table[:, d] / n)
        return total / n

    @staticmethod
    def backward(ctx: Any, *outward: Tensor) -> tuple[Tensor | None, ...]:
        (slope,) = outward
        d_states, d_vectors, d_bias = ctx.saved_tensors
        return d_states * slope, d_vectors * slope, d_bias * slope, None, None, None


def full_cross_entropy(
    states: Tensor,
    vectors: Tensor,
    bias: Tensor,
    targets: Tensor,
    dtype: torch.dtype,
    weight: Tensor | None = None,
) -> Tensor:
    """Mean of −weight · log softmax(states · vectorsᵀ + bias)[target].

    Args:
        states: (m, d).
        vectors: (n, d).
        bias: (n,).
        targets: (m,) int64 in [0, n).
        dtype: of the large products and probabilities; gradients are summed in float32.
        weight: (m,) how much each row counts; None: 1.
    """
    loss: Tensor = _FullCrossEntropy.apply(states, vectors, bias, targets, dtype, weight)  # type: ignore[no-untyped-call]
    return loss


def sampled_cross_entropy(
    states: Tensor,
    vectors: Tensor,
    bias: Tensor,
    targets: Tensor,
    negatives: Tensor,
    log_share: Tensor,
    weight: Tensor | None = None,
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
        weight: (m,) how much each row counts; None: 1.
    Reference: Bengio and Senécal, 2008; Yi et al., 2019 (logQ correction).
    """
    positive = (states * vectors[targets]).sum(1) + bias[targets]
    logits = states @ vectors[negatives].T + bias[negatives] - log_share[negatives]
    logits = logits.masked_fill(targets[:, None] == negatives[None, :], float("-inf"))
    everything = torch.cat([positive[:, None], logits], dim=1)
    return _mean(F.cross_entropy(everything, torch.zeros_like(targets), reduction="none"), weight)


def calibrated_binary_cross_entropy(
    states: Tensor,
    vectors: Tensor,
    bias: Tensor,
    targets: Tensor,
    negatives: Tensor,
    calibration: float,
    weight: Tensor | None = None,
) -> Tensor:
    """gBCE: every item is a yes-or-no question, with the overconfidence that sampled negatives cause taken back.

        loss = −mean( log σ(s⁺)^β + Σ log(1 − σ(s⁻)) ),   β = 1 − t · (1 − α),   α = |negatives| / (n − 1)

    Scores are lowered by log n, so that training begins where an item is the answer once in n times and not every other
    time; it changes no ranking. A negative that equals the row's target is left out.

    Args:
        states: (m, d).
        vectors: (n, d).
        bias: (n,).
        targets: (m,) int64 in [0, n).
        negatives: (s,) items drawn uniformly.
        calibration: t in [0, 1]; 1 makes σ the probability that training on all negatives would give.
        weight: (m,) how much each row counts; None: 1.
    Reference: Petrov and Macdonald, 2023 (gSASRec).
    """
    n = len(vectors)
    alpha = min(1.0, len(negatives) / max(n - 1, 1))
    beta, lowered = 1 - calibration * (1 - alpha), bias - math.log(n)
    positive = (states * vectors[targets]).sum(1) + lowered[targets]
    logits = states @ vectors[negatives].T + lowered[negatives]
    logits = logits.masked_fill(targets[:, None] == negatives[None, :], float("-inf"))
    return _mean(beta * F.softplus(-positive) + F.softplus(logits).sum(1), weight)


def _mean(losses: Tensor, weight: Tensor | None) -> Tensor:
    return losses.mean() if weight is None else (losses * weight).mean()


def loss_choose(config: EncoderConfig, item_counts: Tensor, dtype: torch.dtype) -> Loss:
    """The loss that a configuration names.

    Args:
        config: its ``loss``; ``auto`` is the full softmax below ``full_softmax_below`` items, the sampled one above.
            Its ``logq`` and ``inverse_propensity`` say what popularity may do (see ``popularity_bias``).
        item_counts: (n,) how often each item was met.
        dtype: of the large products of the full softmax.
    """
    n = len(item_counts)
    name = config.loss if config.loss != "auto" else ("full" if n < config.full_softmax_below else "sampled")
    if name == "full":
        plain = _full_loss(dtype)
    else:
        plain = _calibrated_loss(n, config) if name == "gbce" else _sampled_loss(item_counts, config)
    excuse = popularity_excuse(item_counts, config.logq)
    weights = answer_weights(item_counts, config.inverse_propensity)

    def loss(states: Tensor, vectors: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
        excused = bias if excuse is None else bias + excuse
        return plain(states, vectors, excused, targets, None if weights is None else weights[targets])

    return loss


def _full_loss(dtype: torch.dtype) -> _Weighted:
    def loss(states: Tensor, vectors: Tensor, bias: Tensor, targets: Tensor, weight: Tensor | None) -> Tensor:
        return full_cross_entropy(states, vectors, bias, targets, dtype, weight)

    return loss


def _sampled_loss(item_counts: Tensor, config: EncoderConfig) -> _Weighted:
    negatives = negatives_of(config.negatives, item_counts.cpu().numpy(), power=config.negative_power)
    share = torch.from_numpy(negatives.share).to(item_counts.device)
    log_share = torch.log(share * config.n_negatives)

    def loss(states: Tensor, vectors: Tensor, bias: Tensor, targets: Tensor, weight: Tensor | None) -> Tensor:
        if config.negatives == "batch":
            drawn, log_drawn = targets, torch.log(share * len(targets))
        else:
            drawn, log_drawn = torch.multinomial(share, config.n_negatives, replacement=True), log_share
        if config.hard_negatives:
            hard = _hard_items(states, vectors, bias, targets, config.hard_negatives)
            drawn, log_drawn = torch.cat([drawn[~torch.isin(drawn, hard)], hard]), log_drawn.clone()
            log_drawn[hard] = 0.0  # there once for certain
        return sampled_cross_entropy(states, vectors, bias, targets, drawn, log_drawn, weight)

    return loss


@torch.no_grad()
def _hard_items(states: Tensor, vectors: Tensor, bias: Tensor, targets: Tensor, n: int) -> Tensor:
    """(≤ n,) items that some rows of a batch score best though they are nobody's answer in it."""
    scores = states[:HARD_ROWS] @ vectors.T + bias
    scores[:, targets] = float("-inf")
    return torch.from_numpy(hardest(scores.float().cpu().numpy(), n)).to(targets.device)


def _calibrated_loss(n: int, config: EncoderConfig) -> _Weighted:
    size = min(config.n_negatives, max(n - 1, 1))

    def loss(states: Tensor, vectors: Tensor, bias: Tensor, targets: Tensor, weight: Tensor | None) -> Tensor:
        drawn = torch.randint(n, (size,), device=states.device)
        calibration = config.gbce_calibration
        return calibrated_binary_cross_entropy(states, vectors, bias, targets, drawn, calibration, weight)

    return loss
