"""EASE: every item explains every other, all at once, in closed form."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from recommender.collaborative.fitting import Fitting, behaviour_require, inverse_propensity, met_matrix, most_met
from recommender.data.item_model import Asking, TableModel
from recommender.data.neighbours import Neighbours, neighbours_strongest
from recommender.data.sequences import Sequences
from recommender.data.types import DataError, Floats, Ints

_BLOCK = 1024
_STEPS = 4  # count, factorise, invert, keep the strongest


@dataclass(frozen=True)
class EaseConfig:
    """Regularisation, size of the table, and how it is asked."""

    ridge: float = 100.0  # λ, in co-occurrences
    n: int = 200  # weights kept per item, by magnitude
    max_items: int = 20_000  # solved together: 4 bytes · max_items² of memory (1.6 GB at 20,000), time grows with n³
    max_user_items: int = 500  # the newest items of one shopper that count
    popularity_power: float = 0.0  # of the inverse propensity that holds popular items back; 0 is off
    history: int = 100  # newest entries that are asked
    decay: float = 0.95  # weight of an entry = decay ** (its age in steps)

    @property
    def asking(self) -> Asking:
        """How the model is asked."""
        return Asking(self.history, self.decay)


def ease_bytes(n_items: int, config: EaseConfig) -> int:
    """Memory of the dense solution: one float32 square over the items solved together."""
    return 4 * min(n_items, config.max_items) ** 2


def ease_fit(sequences: Sequences, config: EaseConfig | None = None, fitting: Fitting | None = None) -> TableModel:
    """Weights W with a zero diagonal that rebuild each shopper's items from the others.

        minimise ‖X − X W‖² + λ ‖W‖²,   diag W = 0
        W = I − P · diag(1 / diag P),   P = (XᵀX + λ I)⁻¹

    X (shoppers × items) is 1 where a shopper met an item. P comes from one float32 Cholesky factorisation in place.
    Vocabularies above ``max_items`` are cut to the items met most often; the others have no weights, and other models
    must bring them.

    Args:
        sequences: behaviour; how often a shopper met an item does not matter.
        config: regularisation and size.
        fitting: progress.

    Returns: a signed table, row item → items it speaks for or against.

    Raises:
        DataError: there is nothing to learn from, or the memory for the solution is not there.

    Reference: Steck, 2019.
    """
    config, fitting = config or EaseConfig(), fitting or Fitting()
    behaviour_require(sequences, "EASE")
    counts = sequences.item_counts()
    solved = most_met(counts, config.max_items)
    propensity = inverse_propensity(counts, config.popularity_power)[solved]
    gram = _gram(sequences, solved, propensity, config)
    fitting.progress(1, _STEPS)
    precision = _inverse(gram, fitting)
    table = neighbours_strongest(_weights(precision, propensity), n=config.n)
    fitting.progress(_STEPS, _STEPS)
    return TableModel(_spread(table, solved, sequences.n_items), config.asking)


def _gram(sequences: Sequences, solved: Ints, propensity: Floats, config: EaseConfig) -> Floats:
    """(s, s) XᵀX + λ I over the items that are solved."""
    met = met_matrix(sequences, newest=config.max_user_items)
    scaled = sparse.csr_matrix(met[:, solved] @ sparse.diags(propensity))
    try:
        gram = np.asfortranarray((scaled.T @ scaled).toarray(), np.float32)
    except MemoryError as error:
        size = ease_bytes(sequences.n_items, config) / 1e9
        raise DataError(f"EASE needs {size:.1f} GB for {len(solved)} items; lower ease.max_items") from error
    gram[np.diag_indices(len(solved))] += config.ridge
    return np.asarray(gram, np.float32)


def _inverse(gram: Floats, fitting: Fitting) -> Floats:
    """(s, s) inverse of a positive definite matrix, in its own memory."""
    factor, info = linalg.lapack.spotrf(gram, lower=1, overwrite_a=1, clean=0)
    fitting.progress(2, _STEPS)
    if info:
        raise DataError("EASE cannot be solved: the co-occurrences are not positive definite; raise ease.ridge")
    inverse, _ = linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    fitting.progress(3, _STEPS)
    for begin in range(0, len(inverse), _BLOCK):  # the upper half still holds what was there before
        rows, beyond = slice(begin, begin + _BLOCK), slice(begin + _BLOCK, None)
        inverse[rows, beyond] = inverse[beyond, rows].T
        lower = np.tril(inverse[rows, rows])
        inverse[rows, rows] = lower + np.tril(lower, -1).T
    return np.asarray(inverse, np.float32)


def _weights(precision: Floats, propensity: Floats) -> Iterator[Floats]:
    """Blocks of W, rows the items that are asked with."""
    diagonal = np.diag(precision).copy()
    for begin in range(0, len(precision), _BLOCK):
        block = -precision[begin : begin + _BLOCK] / diagonal
        block *= propensity[begin : begin + _BLOCK, None]
        rows = np.arange(len(block))
        block[rows, begin + rows] = 0.0
        yield block


def _spread(table: Neighbours, solved: Ints, n_items: int) -> Neighbours:
    """The table of the solved items over the whole vocabulary."""
    lengths = np.zeros(n_items, np.int64)
    lengths[solved] = np.diff(table.start)
    return Neighbours(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), solved[table.item], table.weight)
