"""k-means over the rows of a matrix, and the silhouette that tells how well groups keep apart.

    minimise  Σ_i |x_i − c(i)|²      by turns: each row goes to its nearest centre, each centre to the mean of its rows

Starts are drawn by k-means++: the next centre is row i with probability ∝ squared distance to the nearest one so far.

Reference: Lloyd, 1982; Arthur, Vassilvitskii, 2007 (starts); Rousseeuw, 1987 (silhouette).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.data.types import Ints

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grouping:
    """Rows in k groups."""

    centres: Doubles  # (k, d)
    group: Ints  # (n,) row of the nearest centre
    spread: float  # Σ of squared distances to it

    @property
    def sizes(self) -> Ints:
        """(k,) rows of each group."""
        return np.bincount(self.group, minlength=len(self.centres))


def k_means(points: Doubles, k: int, random: np.random.Generator, *, starts: int = 6) -> Grouping:
    """The tightest grouping that ``starts`` draws of first centres lead to.

    Args:
        points: (n, d), n ≥ k.
        k: how many groups.
        random: of the starts.
        starts: how many are tried.
    """
    tried = [lloyd(points, _spread_out(points, k, random)) for _ in range(starts)]
    return min(tried, key=lambda one: one.spread)


def lloyd(points: Doubles, centres: Doubles, *, steps: int = 100) -> Grouping:
    """Move centres until no row changes its group; one that loses all its rows moves to the row farthest from any."""
    group = np.full(len(points), -1, np.int64)
    for _ in range(steps):
        distances = squared_distances(points, centres)
        nearest = distances.argmin(axis=1)
        if (nearest == group).all():
            break
        group, farthest = nearest, distances.min(axis=1).argsort()[::-1]
        sizes = np.bincount(group, minlength=len(centres))
        sums = np.eye(len(centres))[group].T @ points
        centres = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], centres)
        empty = np.flatnonzero(sizes == 0)
        centres[empty] = points[farthest[: len(empty)]]
    return grouping_of(points, centres)


def grouping_of(points: Doubles, centres: Doubles) -> Grouping:
    """Rows (n, d) by their nearest centre (k, d); ties go to the earlier one."""
    distances = squared_distances(points, centres)
    return Grouping(centres, distances.argmin(axis=1), float(distances.min(axis=1).sum()))


def squared_distances(points: Doubles, centres: Doubles) -> Doubles:
    """(n, k) from each row to each centre."""
    inner = (points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)
    return np.asarray(np.maximum(inner, 0.0))


def silhouette(points: Doubles, group: Ints) -> float:
    """How much nearer rows lie to their own group than to the next one, from −1 to 1.

        mean over i of  (b_i − a_i) / max(a_i, b_i)

    with a_i the mean distance to the other rows of the own group and b_i the least mean distance to another group's. A
    row that is alone in its group counts 0. Memory grows with n²: give it a sample.

    >>> round(silhouette(np.array([[0.0], [0.1], [5.0], [5.1]]), np.array([0, 0, 1, 1])), 2)
    0.98
    """
    names, place = np.unique(group, return_inverse=True)
    if len(names) < 2:
        return 0.0
    distances = np.sqrt(squared_distances(points, points))
    np.fill_diagonal(distances, 0.0)
    member = np.eye(len(names))[place]  # (n, g)
    sizes, rows = member.sum(axis=0), np.arange(len(points))
    sums = distances @ member
    own = sums[rows, place] / np.maximum(sizes[place] - 1, 1)
    means = sums / sizes
    means[rows, place] = np.inf
    other = means.min(axis=1)
    score = (other - own) / np.maximum(np.maximum(own, other), 1e-12)
    return float(np.where(sizes[place] > 1, score, 0.0).mean())


def _spread_out(points: Doubles, k: int, random: np.random.Generator) -> Doubles:
    chosen = [int(random.integers(len(points)))]
    nearest = squared_distances(points, points[chosen])[:, 0]
    for _ in range(k - 1):
        total = nearest.sum()
        chance = nearest / total if total > 0 else None
        chosen.append(int(random.choice(len(points), p=chance)))
        nearest = np.minimum(nearest, squared_distances(points, points[chosen[-1:]])[:, 0])
    return points[chosen].copy()
