"""Negatives: items a model learns to score below what was really wanted, and how likely each was to be drawn.

Whoever draws also says how often: a loss over a sample is corrected by ``log_share`` (logQ correction), otherwise it
punishes what is drawn often. Drawing is plain numpy, seeded by the caller.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recommender.data.types import DataError, Floats, Ints

WAYS = ("popularity", "uniform", "batch")
"""Names of the ways to draw; ``negatives_of`` says what they are."""

POPULARITY_POWER = 0.75


@dataclass(frozen=True)
class Negatives:
    """Probabilities of being drawn, one per item of the vocabulary."""

    share: Floats  # (n,) sums to 1; 0: never drawn

    @cached_property
    def _upto(self) -> npt.NDArray[np.float64]:
        upto: npt.NDArray[np.float64] = np.cumsum(self.share, dtype=np.float64)
        upto /= upto[-1]
        return upto

    def draw(self, size: int, rng: np.random.Generator) -> Ints:
        """(size,) items, with repetition."""
        return np.searchsorted(self._upto, rng.random(size), side="right").astype(np.int64)

    def log_share(self, size: int) -> Floats:
        """(n,) log of how often each item is expected among ``size`` drawn ones; −inf for what is never drawn.

            log_share(i) = log(size · q(i))

        Subtracted from the logits of sampled items, it makes a softmax over the sample an estimate of the whole one.

        Reference: Bengio and Senécal, 2008; Yi et al., 2019.
        """
        with np.errstate(divide="ignore"):
            return np.log(np.asarray(self.share, np.float64) * size).astype(np.float32)


def negatives_of(way: str, counts: Floats, *, power: float = POPULARITY_POWER) -> Negatives:
    """How items are drawn.

        popularity: q(i) ∝ (count(i) + 1) ** power
        uniform:    q(i) = 1 / n
        batch:      q(i) ∝ count(i)

    ``batch`` draws nothing: the targets of a batch are each other's negatives, and an item is among them as often as it
    is met; its shares exist for the correction.

    Args:
        way: one of ``WAYS``.
        counts: (n,) how often each item was met.
        power: of ``popularity``; 0 is uniform, 1 draws in proportion to the counts.

    Raises:
        DataError: the vocabulary is empty, or no item was met and ``way`` is ``batch``.
        ValueError: there is no such way.
    """
    if not len(counts):
        raise DataError("there is no item to draw negatives from; import a catalogue first")
    if way == "uniform":
        weight = np.ones(len(counts))
    elif way == "popularity":
        weight = (np.asarray(counts, np.float64) + 1) ** power
    elif way == "batch":
        weight = np.asarray(counts, np.float64)
    else:
        raise ValueError(f"there is no way {way!r} to draw negatives; choose one of {', '.join(WAYS)}")
    total = weight.sum()
    if total <= 0:
        raise DataError("no item was met, so a batch has no negatives; import behaviour or draw them uniformly")
    return Negatives((weight / total).astype(np.float32))


def hardest(scores: Floats, n: int, *, spared: int = 0) -> Ints:
    """The columns that the model mistakes most: its best-scored ones, strongest first; ties go to the lower column.

    A column's score is its best over the rows. The very best are often wanted and merely not met yet: ``spared`` of
    them are left out.

    Args:
        scores: (b, c) of candidates that are no targets; −inf where one is.
        n: how many.
        spared: best columns left out.
    Returns: (≤ n,) columns, only such with a finite score.
    Reference: Ding, Quan, Yao, Li, Jin, 2020 (on false negatives among the hardest).
    """
    if not scores.size:
        return np.zeros(0, np.int64)
    best = scores.max(axis=0)
    order: Ints = np.argsort(-best, kind="stable")
    known: Ints = order[np.isfinite(best[order])]
    return known[spared : spared + n]
