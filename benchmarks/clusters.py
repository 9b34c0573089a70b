"""Synthetic items and states: clustered vectors of uneven popularity, as a trained encoder leaves them."""

from dataclasses import dataclass

import numpy as np

from recommender.data.types import Bools, Floats, Ints
from recommender.models import ITEM_DIM

ITEMS_PER_CLUSTER = 500
SPREAD = 0.6  # length of an item's own part beside its cluster's direction, which has length 1
BIAS_SPREAD = 1.3  # nats; the demo shop's
STATE_LENGTH = 6.0  # so that the spread of logits is that of the demo shop
GONE, SOLD_OUT = 0.05, 0.10  # shares of items that may not be shown
MET = 20  # items nearest to the state that its shopper has met


@dataclass(frozen=True)
class Catalogue:
    """Items as a bundle would hold them, and what the shop says of each."""

    item_ids: Ints  # (n,)
    item_vectors: Floats  # (n, 64), zeros beyond ``dim``
    item_bias: Floats  # (n,)
    hidden: Bools  # (n,)
    sold_out: Bools  # (n,)
    price_minor: Ints  # (n,)

    @property
    def shown(self) -> Bools:
        """(n,) what may be shown."""
        return ~(self.hidden | self.sold_out)

    def logits(self, state: Floats) -> Floats:
        """(n,)."""
        return self.item_vectors @ state + self.item_bias


def catalogue_draw(n: int, dim: int, rng: np.random.Generator) -> Catalogue:
    """``n`` items in clusters whose sizes follow a Pareto law."""
    clusters = max(20, n // ITEMS_PER_CLUSTER)
    centres = rng.normal(size=(clusters, dim)).astype(np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    sizes = rng.pareto(1.0, clusters) + 0.2
    vectors = np.zeros((n, ITEM_DIM), np.float32)
    vectors[:, :dim] = centres[rng.choice(clusters, n, p=sizes / sizes.sum())]
    vectors[:, :dim] += rng.normal(0, SPREAD / np.sqrt(dim), (n, dim)).astype(np.float32)
    kind = rng.random(n)
    return Catalogue(
        item_ids=np.arange(1, n + 1),
        item_vectors=vectors,
        item_bias=rng.normal(0, BIAS_SPREAD, n).astype(np.float32),
        hidden=kind < GONE,
        sold_out=(kind >= GONE) & (kind < GONE + SOLD_OUT),
        price_minor=np.round(np.exp(rng.normal(8, 1, n))).astype(np.int64),
    )


def states_draw(catalogue: Catalogue, q: int, rng: np.random.Generator) -> Floats:
    """(q, 64) states, each near three items at once."""
    n, dim = catalogue.item_vectors.shape
    states = catalogue.item_vectors[rng.integers(0, n, (q, 3))].mean(axis=1)
    states += rng.normal(0, SPREAD / 2 / np.sqrt(dim), (q, dim)).astype(np.float32) * catalogue.item_vectors.any(axis=0)
    return np.asarray(states * (STATE_LENGTH / np.linalg.norm(states, axis=1, keepdims=True)), np.float32)
