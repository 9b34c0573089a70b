"""Whitening of text vectors: without it every text looks alike, because a few directions carry most of the variance."""

from dataclasses import dataclass

import numpy as np

from recommender.data.types import Bools, Floats


@dataclass(frozen=True)
class Whitening:
    """An affine map under which the fitted vectors have mean 0 and (nearly) the unit matrix as covariance."""

    mean: Floats  # (t,)
    projection: Floats  # (t, w)

    @property
    def dim(self) -> int:
        """Length of a whitened vector."""
        return int(self.projection.shape[1])

    def apply(self, vectors: Floats) -> Floats:
        """(m, t) → (m, w), each row of unit length; a row without text becomes zeros."""
        present = text_present(vectors)[:, None]
        projected = np.where(present, vectors - self.mean, 0.0) @ self.projection
        length = np.linalg.norm(projected, axis=1, keepdims=True)
        return np.asarray(projected / np.maximum(length, 1e-9), np.float32)


def text_present(vectors: Floats) -> Bools:
    """(m,) True where a row is a text vector: neither NaN nor all zeros."""
    present: Bools = np.isfinite(vectors).all(axis=1) & np.any(vectors != 0, axis=1)
    return present


def whitening_fit(vectors: Floats, *, dim: int = 128, damping: float = 0.1) -> Whitening:
    """Principal directions of text vectors, each divided by its damped standard deviation.

        projection = U · (Λ + damping · mean(λ))^(-1/2)

    Args:
        vectors: (m, t) unit-length text vectors; rows of zeros or NaN (no text) are left out.
        dim: directions kept; fewer where the texts span fewer.
        damping: share of the mean variance added to each direction, so that noise is not blown up.
    Returns: Whitening; with fewer than two texts it centres nothing and projects to nothing (w = 0).
    """
    present = vectors[text_present(vectors)].astype(np.float64)
    t = vectors.shape[1]
    if len(present) < 2:
        return Whitening(np.zeros(t, np.float32), np.zeros((t, 0), np.float32))
    mean = present.mean(axis=0)
    values, directions = np.linalg.eigh(np.cov(present.T))
    order = np.argsort(values)[::-1][: min(dim, len(present) - 1)]
    scale = 1.0 / np.sqrt(np.maximum(values[order], 0) + damping * max(values.mean(), 1e-12))
    return Whitening(mean.astype(np.float32), (directions[:, order] * scale).astype(np.float32))
