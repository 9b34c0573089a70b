"""Sequential rules: who did this soon did that.

Every pair of items at most ``window`` steps apart in a sequence is counted with weight ``1 / distance``; the pair read
backwards counts ``backward`` times that. Rows are divided by their sum, so a rule's weight reads as a probability.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommender.data.neighbours import Neighbours, neighbours_of
from recommender.data.sequences import Sequences
from recommender.data.types import Floats


@dataclass(frozen=True)
class SequentialRulesConfig:
    """How rules are counted and how a history is scored with them."""

    window: int = 5
    backward: float = 0.5
    n: int = 200  # consequents kept per item
    history: int = 10  # newest items that are asked
    decay: float = 0.8  # weight of an item = decay ** (its age in steps)


def sequential_rules_fit(
    sequences: Sequences, config: SequentialRulesConfig | None = None, *, weight: Floats | None = None
) -> Neighbours:
    """Weights of the rules ``row item → column item``.

        w(i → j) = Σ over pairs (i before j, distance δ ≤ window) 1/δ  +  backward · Σ (j before i) 1/δ

    Each row is then divided by its sum before the heaviest ``n`` are kept. Where entries are weighed, a pair counts the
    geometric mean of its two.

    Args:
        sequences: behaviour, oldest first.
        config: window, backward weight and size of the table.
        weight: (m,) how much each entry counts; None: 1.
    Returns: CSR over items.
    """
    config = config or SequentialRulesConfig()
    n = sequences.n_items
    counts = sparse.csr_matrix(sparse.diags(np.zeros(n, np.float32)))
    user = sequences.user
    for distance in range(1, config.window + 1):
        same = user[distance:] == user[:-distance]
        earlier, later = sequences.item[:-distance][same], sequences.item[distance:][same]
        pair = np.full(len(earlier), 1.0 / distance, np.float32)
        if weight is not None:
            pair *= np.sqrt(weight[:-distance][same] * weight[distance:][same])
        forward = sparse.csr_matrix((pair, (earlier, later)), shape=(n, n))
        counts = counts + forward + config.backward * forward.T
    counts.setdiag(0)
    total = np.asarray(counts.sum(axis=1)).ravel()
    scale = sparse.diags(1.0 / np.maximum(total, 1e-12))
    return neighbours_of(sparse.csr_matrix(scale @ counts), n=config.n)
