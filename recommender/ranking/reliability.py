"""Whether what was said happened so often: bins of predictions beside what came of them, with intervals."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.data.types import DataError, Floats, Ints

BINS = 10
_Z = 1.959964  # of a two-sided interval of 95 %

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bin:
    """Rows whose predictions are near each other."""

    said: float  # mean prediction
    happened: float  # observed rate
    low: float  # of the rate, 95 %
    high: float
    rows: int


def reliability(
    probabilities: Floats, labels: Floats, weights: Floats, clusters: Ints, *, bins: int = BINS
) -> tuple[Bin, ...]:
    """Bins of equal weight, from the least likely to the likeliest.

        rate R = Σ w·y / Σ w,   se² = Σ_clusters ( Σ w·(y − R) )² / (Σ w)²

    The interval is Wilson's with the number of independent rows that this error amounts to, so that it stays within
    0 and 1 and has a width where nothing happened.

    Args:
        probabilities: (n,) that were said.
        labels: (n,) 0 or 1.
        weights: (n,) of the rows; those that weigh 0 are left out.
        clusters: (n,) rows of one cluster (a shopper) may depend on each other.
        bins: at most so many.
    Raises: DataError if a probability is not finite.
    References: Murphy, Winkler, 1977 (the diagram); Wilson, 1927 (the interval).
    """
    if not np.isfinite(probabilities).all():
        raise DataError("a predicted probability is not finite; reliability cannot be told")
    order = np.flatnonzero(weights > 0)
    order = order[np.argsort(probabilities[order], kind="stable")]
    if not len(order):
        return ()
    w = weights[order].astype(np.float64)
    place = np.minimum((np.cumsum(w) - w / 2) / w.sum() * bins, bins - 1).astype(np.int64)
    return tuple(
        _bin(*(column[order[place == b]] for column in (probabilities, labels, weights, clusters)))
        for b in np.unique(place)
    )


def _bin(said: Floats, labels: Floats, weights: Floats, clusters: Ints) -> Bin:
    w, y = weights.astype(np.float64), labels.astype(np.float64)
    rate = float(w @ y / w.sum())
    off = np.bincount(np.unique(clusters, return_inverse=True)[1], w * (y - rate))
    variance = float(off @ off) / float(w.sum()) ** 2
    independent = rate * (1 - rate) / variance if variance > 0 else float(w.sum() ** 2 / (w @ w))
    low, high = _wilson(rate, independent)
    return Bin(float(w @ said / w.sum()), rate, low, high, len(w))


def _wilson(rate: float, n: float) -> tuple[float, float]:
    """95 % interval of a rate seen in n independent rows."""
    middle = (rate + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * float(np.sqrt(rate * (1 - rate) / n + _Z**2 / (4 * n**2)))
    return max(middle - half, 0.0), min(middle + half, 1.0)
