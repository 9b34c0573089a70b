"""Item-to-item nearest neighbours: items that the same shoppers met."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommender.data.neighbours import Neighbours, neighbours_of
from recommender.data.sequences import Sequences
from recommender.data.types import Floats


@dataclass(frozen=True)
class ItemKnnConfig:
    """Size and damping of the neighbour table."""

    n: int = 200  # neighbours kept per item
    shrink: float = 10.0  # added to the denominator: few common shoppers prove little
    history: int = 50  # newest items that are asked
    decay: float = 0.95
    max_user_items: int = 500  # the newest items of one shopper that count: bounds the work heavy shoppers make


def item_knn_fit(
    sequences: Sequences, config: ItemKnnConfig | None = None, *, weight: Floats | None = None
) -> Neighbours:
    """Cosine similarity of items over shoppers, damped, the ``n`` best per item.

        sim(i, j) = Σ_u w_ui · w_uj / (√Σ_u w_ui² · √Σ_u w_uj² + shrink)

    where w_ui is the heaviest of shopper u's entries with item i, 0 without any: plain counts of common shoppers where
    entries are not weighed. A history is scored by the sum of similarities to its items.

    Args:
        sequences: behaviour; how often a shopper met an item does not matter.
        config: size and damping.
        weight: (m,) how much each entry counts; None: 1.
    Returns: CSR over items.
    Reference: Sarwar, Karypis, Konstan, Riedl, 2001; the damping follows Bell and Koren, 2007.
    """
    config = config or ItemKnnConfig()
    newest = sequences.age < config.max_user_items
    met = _heaviest(sequences.keep(newest), None if weight is None else weight[newest])
    common = (met.T @ met).tocoo()
    norm = np.sqrt(np.asarray(met.multiply(met).sum(axis=0)).ravel())
    similarity = common.data / (norm[common.row] * norm[common.col] + config.shrink)
    return neighbours_of(sparse.csr_matrix((similarity, (common.row, common.col)), shape=common.shape), n=config.n)


def _heaviest(sequences: Sequences, weight: Floats | None) -> sparse.csr_matrix:
    """(u, n_items) weight of the heaviest entry of each shopper with each item, float32."""
    if weight is None:
        met = sequences.counts()
        met.data[:] = 1.0
        return met
    cell = sequences.user * np.int64(max(sequences.n_items, 1)) + sequences.item
    order = np.lexsort((weight, cell))
    last = order[np.flatnonzero(np.diff(cell[order], append=-1))]
    shape = (len(sequences), sequences.n_items)
    return sparse.csr_matrix(
        (weight[last], (sequences.user[last], sequences.item[last])), shape=shape, dtype=np.float32
    )
