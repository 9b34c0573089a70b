"""How much of what was popular an encoder learns to recommend (torch).

Reference: Menon et al., 2021 (logit adjustment); Schnabel et al., 2016 (inverse propensities).
"""

import torch
from torch import Tensor

MOST_WEIGHT = 10.0  # times the mean that one answer may count


def popularity_excuse(item_counts: Tensor, logq: float) -> Tensor | None:
    """(n,) what is added to the logits in training, and not in serving; None at ``logq`` 1.

        (1 − logq) · log q,   q = (count + 1) / Σ (count + 1)

    What popularity explains then need not be learned: at 0 scores say how much likelier than usual an item is for this
    shopper, at 1 how likely it is. For the sampled softmax this is its correction at the strength ``logq``.

    Args:
        item_counts: (n,) how often each item was met.
        logq: in [0, 1].
    """
    if logq == 1.0:
        return None
    share = (item_counts.double() + 1) / (item_counts.double() + 1).sum()
    return ((1 - logq) * torch.log(share)).float()


def answer_weights(item_counts: Tensor, power: float) -> Tensor | None:
    """(n,) how much a training answer counts: (1 / count)^power, 1 on average over answers; None at ``power`` 0.

    The count stands for the propensity of being met. Weights above ``MOST_WEIGHT`` are cut, which trades some bias for
    much variance.

    Args:
        item_counts: (n,) how often each item was met.
        power: in [0, 1]; 1 makes every item as important as every other.
    """
    if power == 0.0:
        return None
    counts = item_counts.double()
    raw = counts.clamp(min=1) ** -power
    mean = (raw * counts).sum() / counts.sum().clamp(min=1)
    return (raw / mean).clamp(max=MOST_WEIGHT).float()
