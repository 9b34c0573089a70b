"""The small change of item vectors that hurts most, to train against (torch).

Reference: Goodfellow, Shlens, Szegedy, 2015 (fast gradient); He et al., 2018 (on the vectors of a recommender).
"""

import torch
from torch import Tensor


def adversarial_shift(loss: Tensor, vectors: Tensor, size: float) -> Tensor:
    """(n, d) the step along the loss's gradient, the same share of the mean vector's length for every item.

        shift_i = size · mean‖v‖ · g_i / ‖g_i‖,   g = ∂loss/∂v

    An item that the loss does not feel is not moved.

    Args:
        loss: scalar, computed from ``vectors``; its graph is kept.
        vectors: (n, d) of all items.
        size: share of the mean length, for example 0.05.
    """
    (slope,) = torch.autograd.grad(loss, vectors, retain_graph=True)
    length = slope.norm(dim=1, keepdim=True)
    direction = torch.where(length > 0, slope / length.clamp(min=1e-30), 0.0)
    shift: Tensor = size * vectors.detach().norm(dim=1).mean() * direction
    return shift.detach()
