"""Item-to-item nearest neighbours: items that the same shoppers met."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommender.data.neighbours import Neighbours, neighbours_of
from recommender.data.sequences import Sequences


@dataclass(frozen=True)
class ItemKnnConfig:
    """Size and damping of the neighbour table."""

    n: int = 200  # neighbours kept per item
    shrink: float = 10.0  # added to the denominator: few common shoppers prove little
    history: int = 50  # newest items that are asked
    decay: float = 0.95
    max_user_items: int = 500  # the newest items of one shopper that count: bounds the work heavy shoppers make


def item_knn_fit(sequences: Sequences, config: ItemKnnConfig | None = None) -> Neighbours:
    """Cosine similarity of items over shoppers, damped, the ``n`` best per item.

        sim(i, j) = |U_i ∩ U_j| / (√|U_i| · √|U_j| + shrink)

    where U_i are the shoppers who met item i. A history is scored by the sum of similarities to its items.

    Args:
        sequences: behaviour; how often a shopper met an item does not matter.
        config: size and damping.
    Returns: CSR over items.
    Reference: Sarwar, Karypis, Konstan, Riedl, 2001; the damping follows Bell and Koren, 2007.
    """
    config = config or ItemKnnConfig()
    met = sequences.keep(sequences.age < config.max_user_items).counts()
    met.data[:] = 1.0
    common = (met.T @ met).tocoo()
    norm = np.sqrt(np.asarray(met.sum(axis=0)).ravel())
    similarity = common.data / (norm[common.row] * norm[common.col] + config.shrink)
    return neighbours_of(sparse.csr_matrix((similarity, (common.row, common.col)), shape=common.shape), n=config.n)
