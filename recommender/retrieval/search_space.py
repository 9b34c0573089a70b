"""Where items lie so that the nearest ones are those with the largest logits.

A graph index walks from neighbour to neighbour, which needs a distance; an inner product with a bias is none, and
items with large numbers draw every walk to themselves. One more coordinate puts all items on a sphere:

    place(i) = (vᵢ, bᵢ − c, √(r² − |vᵢ|² − (bᵢ − c)²))        question(state) = (state, 1, 0)
    |question − place(i)|² = |state|² + 1 + r² − 2 · (state · vᵢ + bᵢ − c)

so that the order by distance is the order by logit. c is the middle of the biases, which keeps the radius r small.

Reference: Bachrach et al., 2014, "Speeding up the Xbox recommender system using a Euclidean transformation for
inner-product spaces".
"""

from dataclasses import dataclass

import numpy as np

from recommender.data.types import Floats

EXTRA = 2
"""Coordinates of a place beyond those of an item vector."""


@dataclass(frozen=True)
class SearchSpace:
    """The sphere of one bundle's items."""

    centre: float  # c, nats
    radius: float  # r

    @classmethod
    def of(cls, vectors: Floats, bias: Floats) -> "SearchSpace":
        """The smallest sphere for (n, d) item vectors and their (n,) biases."""
        if not len(bias):
            return cls(0.0, 0.0)
        centre = (float(bias.min()) + float(bias.max())) / 2
        return cls(centre, float(np.sqrt(_square_norms(vectors, bias - np.float32(centre)).max())))

    def places(self, vectors: Floats, bias: Floats) -> Floats:
        """(n, d + 2) float32 of (n, d) vectors and (n,) biases; what lies outside the sphere is put on its equator."""
        middle = (bias - np.float32(self.centre)).astype(np.float32)
        height = np.sqrt(np.maximum(self.radius**2 - _square_norms(vectors, middle), 0.0))
        return np.concatenate([vectors, middle[:, None], height[:, None]], axis=1).astype(np.float32)


def question(state: Floats) -> Floats:
    """(d + 2,) what a state asks for."""
    return np.append(state, [1.0, 0.0]).astype(np.float32)


def _square_norms(vectors: Floats, bias: Floats) -> Floats:
    """(n,) float64 |v|² + b²."""
    squares: Floats = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64) + bias.astype(np.float64) ** 2
    return squares
