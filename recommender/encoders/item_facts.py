"""What is known of items besides behaviour and words, and how the item tower reads it: no torch here."""

from dataclasses import dataclass

import numpy as np

from recommender.data.types import Floats, Ints
from recommender.encoders.whitening import Whitening, whitening_fit

PRICE_BUCKETS = 8
MEMBERS = 3  # items that a brand or category needs to be learned about: of fewer, the items themselves say as much


@dataclass(frozen=True)
class ItemFacts:
    """Attributes and pictures of ``n`` items; everything may be unknown."""

    brand: Ints  # (n,) id, 0 none
    category: Ints  # (n,) id, 0 none
    price_minor: Ints  # (n,) -1 unknown
    image: Floats | None = None  # (n, i) unit-length image vectors, NaN rows without a picture; None: no pictures

    @property
    def images(self) -> Floats:
        """(n, i) image vectors; (n, 0) where there are none."""
        return np.zeros((len(self.brand), 0), np.float32) if self.image is None else self.image


@dataclass(frozen=True)
class FactReading:
    """What the tower knows of facts, fitted on the items that were trained on.

    Each attribute becomes a row: 0 is "none", which is unknown or nothing that training has met.
    """

    brands: Ints  # (k,) sorted ids
    categories: Ints  # (l,) sorted ids
    prices: Ints  # (q,) rising lower bounds of the price buckets, minor units
    image: Whitening  # projects to nothing without pictures

    @property
    def known(self) -> dict[str, Ints]:
        """Attribute → what its rows above 0 stand for; attributes that tell nothing are left out."""
        named = {"brand": self.brands, "category": self.categories, "price": self.prices}
        return {name: values for name, values in named.items() if len(values)}

    def attributes(self, facts: ItemFacts) -> dict[str, Ints]:
        """Attribute → (n,) row of each item."""
        rows = {
            "brand": known_rows(facts.brand, self.brands),
            "category": known_rows(facts.category, self.categories),
            "price": price_rows(facts.price_minor, self.prices),
        }
        return {name: rows[name] for name in self.known}


_NONE = np.zeros(0, np.int64)
NOTHING_READ = FactReading(_NONE, _NONE, _NONE, Whitening(np.zeros(0, np.float32), np.zeros((0, 0), np.float32)))
"""Of a tower that was given no facts."""


def fact_reading_fit(facts: ItemFacts | None, *, image_dim: int) -> FactReading:
    """Learn which brands, categories and price bounds tell items apart.

    Args:
        facts: of the items that are trained on.
        image_dim: whitened directions of the image vectors that are kept.
    """
    if facts is None:
        return NOTHING_READ
    images = facts.images
    image = whitening_fit(images, dim=image_dim) if images.shape[1] else NOTHING_READ.image
    return FactReading(_frequent(facts.brand), _frequent(facts.category), _price_bounds(facts.price_minor), image)


def _frequent(ids: Ints) -> Ints:
    found, members = np.unique(ids[ids > 0], return_counts=True)
    return found[members >= MEMBERS].astype(np.int64)


def _price_bounds(price_minor: Ints) -> Ints:
    """Lower bounds of buckets with equally many items; none where all prices are one."""
    prices = price_minor[price_minor >= 0]
    if not len(prices):
        return _NONE
    bounds = np.unique(np.quantile(prices, np.arange(PRICE_BUCKETS) / PRICE_BUCKETS, method="lower"))
    return bounds.astype(np.int64) if len(bounds) > 1 else _NONE


def known_rows(ids: Ints, known: Ints) -> Ints:
    """1 + place of each id among the sorted ``known`` ones, 0 where it is not among them.

    >>> known_rows(np.array([7, 5, 0]), np.array([2, 7])).tolist()
    [2, 0, 0]
    """
    if not len(known):
        return np.zeros(len(ids), np.int64)
    place = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    return np.where(known[place] == ids, place + 1, 0).astype(np.int64)


def price_rows(price_minor: Ints, bounds: Ints) -> Ints:
    """Which bucket each price is in, from 1; 0 where it is unknown. Below the first bound is the first bucket.

    >>> price_rows(np.array([-1, 50, 250]), np.array([100, 200])).tolist()
    [0, 1, 2]
    """
    row = np.maximum(np.searchsorted(bounds, price_minor, side="right"), 1)
    return np.where(price_minor < 0, 0, row).astype(np.int64)
