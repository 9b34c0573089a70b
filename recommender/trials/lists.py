"""The form in which every model hands in what it would show: the best items of each shopper, with their scores."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.data.types import Floats, Ints

LIST = 100
"""Items per shopper: as many as ``decide`` shows under ``KnobValues.one_list``."""


@dataclass(frozen=True)
class Lists:
    """One row per shopper, best first; a short list ends with item -1."""

    index: Ints  # (v, LIST) vocabulary index
    scores: Floats  # (v, LIST) what they were ordered by, -inf beyond a short list's end

    def __len__(self) -> int:
        return len(self.index)

    def of(self, row: int) -> tuple[Ints, Floats]:
        """(k,) items of a shopper and (k,) their scores."""
        k = int((self.index[row] >= 0).sum())
        return self.index[row, :k], self.scores[row, :k]


def lists_collect(rows: Iterable[tuple[Ints, Floats]], n: int) -> Lists:
    """``n`` pairs of items and scores, best first, as one table; what is beyond ``LIST`` is cut off."""
    index, scores = np.full((n, LIST), -1, np.int64), np.full((n, LIST), -np.inf, np.float32)
    for row, (items, values) in enumerate(rows):
        k = min(len(items), LIST)
        index[row, :k], scores[row, :k] = items[:k], values[:k]
    return Lists(index, scores)


def best_of(scores: npt.NDArray[np.floating]) -> tuple[Ints, Floats]:
    """The best of all scored items, without those that tie with an item that found no place.

    Such a tie says that the model does not know which of them belongs into the list, and ties count against it.

    Args:
        scores: (n,) one per item, -inf for what may not be shown.
    Returns: (k,) items, best first, k at most ``LIST``, and (k,) their scores.
    """
    scores = np.asarray(scores, np.float32)
    if len(scores) > LIST:
        first_left_out = np.partition(scores, len(scores) - LIST - 1)[len(scores) - LIST - 1]
        best = np.flatnonzero(scores > first_left_out)
    else:
        best = np.flatnonzero(np.isfinite(scores))
    best = best[np.argsort(-scores[best], kind="stable")]
    return best.astype(np.int64), scores[best]
