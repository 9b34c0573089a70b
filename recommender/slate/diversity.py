"""Diversity of a row, in one of two ways.

**Determinantal point process**: what an item adds to the volume that a row spans. The kernel is ``L = (1 − δ) V Vᵀ``
off the diagonal and 1 on it, V being unit item vectors. A row of items S has diversity ``log det L_S``; the gain of
item a after S is ``log det L_{S∪a} − log det L_S = log r_a``, where the residual ``r_a`` is what of a's own length the
placed items do not explain. Residuals are kept up to date by one Cholesky step per placed item, which makes greedy
selection O(c·t) per slot.

**Maximal marginal relevance**: how like an item is to the one placed item that it resembles most, −max cos(a, b).
Both give 0 in an empty row and less the more an item repeats what is there.

References: Chen, Zhang, Zhou, 2018 (fast greedy MAP inference for determinantal point processes); Carbonell, Goldstein,
1998 (maximal marginal relevance).
"""

import numpy as np

from recommender.data.types import Floats, Ints

OWN_SHARE = 0.05
"""δ: part of every item that is like nothing else; keeps the logarithm finite for twins."""


def unit_rows(vectors: Floats) -> Floats:
    """(c, d) with every row of length 1; rows of zeros stay zeros."""
    length = np.sqrt(np.einsum("cd,cd->c", vectors, vectors))[:, None]
    return np.asarray(vectors / np.maximum(length, 1e-12), np.float32)


class DiversityGain:
    """Log diversity gain of every candidate given what a row already holds."""

    def __init__(self, unit_vectors: Floats, *, slots: int) -> None:
        """Start with an empty row.

        Args:
            unit_vectors: (c, d), rows of length 1 or 0 (an item without a vector is like nothing else).
            slots: the most items that will be placed.
        """
        self._vectors = unit_vectors
        self._factors = np.zeros((slots, len(unit_vectors)), np.float32)  # (t, c) Cholesky rows
        self._residual = np.ones(len(unit_vectors), np.float32)
        self._placed = 0

    def gains(self, rows: Ints | slice = slice(None)) -> Floats:
        """(a,) log of the residual of ``rows`` (a,), by default of all: 0 for what is wholly new, at least log δ/2."""
        return np.log(np.maximum(self._residual[rows], OWN_SHARE / 2))

    def place(self, row: int) -> None:
        """Add candidate ``row`` to the row."""
        done = self._factors[: self._placed]  # (t, c)
        kernel = (1.0 - OWN_SHARE) * (self._vectors @ self._vectors[row])  # (c,)
        kernel[row] = 1.0
        step = (kernel - done[:, row] @ done) / np.sqrt(max(float(self._residual[row]), OWN_SHARE / 2))
        self._factors[self._placed] = step
        self._residual = self._residual - step * step
        self._placed += 1


class LeastLikeGain:
    """Maximal marginal relevance: minus the greatest cosine to what a row already holds, 0 for an empty row."""

    def __init__(self, unit_vectors: Floats) -> None:
        """Start with an empty row.

        Args:
            unit_vectors: (c, d), rows of length 1 or 0 (an item without a vector is like nothing else).
        """
        self._vectors = unit_vectors
        self._nearest: Floats | None = None  # (c,) greatest cosine so far

    def gains(self, rows: Ints | slice = slice(None)) -> Floats:
        """(a,) gain of ``rows`` (a,), by default of all, in [−1, 1]."""
        if self._nearest is None:
            return np.zeros(len(self._vectors), np.float32)[rows]
        return -self._nearest[rows]

    def place(self, row: int) -> None:
        """Add candidate ``row`` to the row."""
        cosine = self._vectors @ self._vectors[row]
        self._nearest = cosine if self._nearest is None else np.maximum(self._nearest, cosine)
