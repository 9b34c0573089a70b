"""Intervals by resampling shoppers: the mean of one model, and the paired difference of two."""

from dataclasses import dataclass

import numpy as np

from recommender.data.types import Floats, Ints


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % percentile interval."""

    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """For a difference: ``better``, ``worse`` or ``inconclusive``."""
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "inconclusive"


def bootstrap_mean(values: Floats, *, seed: int, clusters: Ints | None = None, n: int = 1000) -> Interval:
    """Mean of per-shopper values and its 95 % interval.

    Shoppers are drawn with repetition ``n`` times. With ``clusters`` the rows of one cluster (a shopper who was asked
    several times) are drawn together.

    >>> bootstrap_mean(np.ones(50, np.float32), seed=0)
    Interval(mean=1.0, low=1.0, high=1.0)

    Args:
        values: (v,) metric per row.
        seed: equal seeds draw equal samples, so differences of two calls are paired.
        clusters: (v,) cluster of each row; None: each row is its own.
        n: resamples.
    Returns: NaN throughout where there are no values.
    Reference: Efron and Tibshirani, 1993.
    """
    if not len(values):
        return Interval(float("nan"), float("nan"), float("nan"))
    owner = np.arange(len(values)) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    total = np.bincount(owner, weights=values)
    size = np.bincount(owner).astype(np.float64)
    rng = np.random.default_rng(seed)
    draws = np.empty(n)
    for number in range(n):
        sample = rng.integers(0, len(total), len(total))
        draws[number] = total[sample].sum() / size[sample].sum()
    low, high = np.quantile(draws, [0.025, 0.975])
    return Interval(float(total.sum() / size.sum()), float(low), float(high))


def bootstrap_difference(ours: Floats, theirs: Floats, *, seed: int, clusters: Ints | None = None) -> Interval:
    """Paired difference ours − theirs of the same shoppers, with its 95 % interval.

    Args:
        ours: (v,) metric per row.
        theirs: (v,) of the same rows.
        seed: of the draws.
        clusters: (v,) cluster of each row, as for ``bootstrap_mean``.
    """
    return bootstrap_mean(ours - theirs, seed=seed, clusters=clusters)
