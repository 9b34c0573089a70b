"""How sure a trained net is of a logit: Laplace's approximation of the weights of its last layer (torch).

With φ the inputs of a head's last layer and p its probabilities over the training rows,

    Σ⁻¹ = λ·I + Σ_n w_n · p_n (1 − p_n) · φ_n φ_nᵀ,    sd(logit at x) = ‖Lᵀ φ(x)‖,  Σ = L Lᵀ

Where rows like x were often met, the sum is large along φ(x) and the deviation small; where none was, it grows to the
prior's. The layers below are taken as known, rows as independent: both make it too small rather than too large.

References: MacKay, 1992; Kristiadi, Hein, Hennig, 2020 (last layer alone); Daxberger et al., 2021.
"""

import torch
from torch import Tensor

BLOCK = 8192
"""Rows whose outer products are added at a time."""


def laplace_factors(read: Tensor, logits: Tensor, weights: Tensor, prior_precision: float) -> Tensor:
    """(H, K, K) factors L of each head's posterior covariance.

    Args:
        read: (n, H, K) inputs of the last layer, a constant 1 among them.
        logits: (n, H) at the training rows, examination included.
        weights: (n, H) of the rows; a label that is not known weighs 0.
        prior_precision: λ.
    """
    share = torch.sigmoid(logits)
    curvature = (weights * share * (1 - share)).double()
    size = read.shape[2]
    precision = prior_precision * torch.eye(size, dtype=torch.float64).repeat(read.shape[1], 1, 1)
    for begin in range(0, len(read), BLOCK):
        part, bent = read[begin : begin + BLOCK].double(), curvature[begin : begin + BLOCK]
        precision += torch.einsum("nhi,nh,nhj->hij", part, bent, part)
    # Σ = P⁻¹ = C⁻ᵀC⁻¹ with P = C Cᵀ, so L = C⁻ᵀ.
    triangle = torch.linalg.cholesky(precision)
    inverse = torch.linalg.solve_triangular(triangle, torch.eye(size, dtype=torch.float64), upper=False)
    factors: Tensor = inverse.transpose(1, 2).float()
    return factors


def deviations(read: Tensor, factors: Tensor) -> Tensor:
    """(n, H) standard deviation of each logit: (n, H, K) inputs of the last layer under (H, K, K) factors."""
    spread = read.transpose(0, 1) @ factors  # (H, n, K)
    return torch.sqrt((spread * spread).sum(dim=2)).transpose(0, 1)
