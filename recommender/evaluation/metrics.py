"""Accuracy of ranked lists: hit rate, NDCG, reciprocal rank; coverage, popularity and diversity of what is shown.

Everything is computed from the ranks of the targets, per shopper, so that means, intervals and paired differences come
from the same arrays. A rank is 1 for the best; a target that is not in the list has rank infinity. Ties count against
us: an item's rank is the number of items that score at least as well.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.data.types import Floats, Ints


@dataclass(frozen=True)
class TargetRanks:
    """Ranks of each shopper's targets, CSR by shopper."""

    start: Ints  # (v+1,)
    rank: Floats  # (t,) 1 the best, inf a miss

    def __len__(self) -> int:
        return len(self.start) - 1

    @property
    def user(self) -> Ints:
        """(t,) shopper of each target."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    def best(self) -> Floats:
        """(v,) rank of each shopper's best target."""
        best = np.full(len(self), np.inf, np.float32)
        np.minimum.at(best, self.user, self.rank)
        return best


def ranks_collect(ranks: list[Floats]) -> TargetRanks:
    """Ranks of the targets (t,), one array per shopper, as a table."""
    start = np.concatenate([[0], np.cumsum([len(one) for one in ranks])]).astype(np.int64)
    return TargetRanks(start, np.concatenate([*ranks, np.zeros(0, np.float32)]).astype(np.float32))


def ranks_in_scores(scores: npt.NDArray[np.floating], targets: Ints) -> Floats:
    """(t,) pessimistic rank of each target among all scored items.

    >>> ranks_in_scores(np.array([0.9, 0.5, 0.5, 0.1]), np.array([0, 2])).tolist()
    [1.0, 3.0]

    Args:
        scores: (n,) one per item, -inf for items that may not be shown.
        targets: (t,) item index, -1 an item nobody could have ranked.
    """
    known = targets >= 0
    wanted = np.where(known, scores[targets], -np.inf)
    ranks = (scores[None, :] >= wanted[:, None]).sum(axis=1).astype(np.float32)
    return np.where(known & np.isfinite(wanted), ranks, np.inf).astype(np.float32)


def ranks_in_list(items: Ints, scores: Floats, targets: Ints) -> Floats:
    """(t,) pessimistic rank of each target in a shown list, inf where it is not in it.

    >>> ranks_in_list(np.array([7, 3, 5]), np.array([2.0, 1.0, 1.0]), np.array([3, 4])).tolist()
    [3.0, inf]

    Args:
        items: (k,) shown items, best first.
        scores: (k,) their scores.
        targets: (t,) items.
    """
    if not len(items):
        return np.full(len(targets), np.inf, np.float32)
    same = items[None, :] == targets[:, None]  # (t, k)
    found = same.any(axis=1)
    place = same.argmax(axis=1)
    ranks = (scores[None, :] >= scores[place][:, None]).sum(axis=1).astype(np.float32)
    return np.where(found, ranks, np.inf).astype(np.float32)


def hit_rate(ranks: TargetRanks, n: int) -> Floats:
    """(v,) 1 where at least one target is among the first ``n``, else 0.

    >>> hit_rate(ranks_collect([np.array([3.0]), np.array([np.inf, 12.0])]), 10).tolist()
    [1.0, 0.0]
    """
    return (ranks.best() <= n).astype(np.float32)


def ndcg(ranks: TargetRanks, n: int) -> Floats:
    """(v,) discounted gain of the targets among the first ``n``, divided by the best possible.

        NDCG = Σ_{targets with rank r ≤ n} 1 / log2(r + 1)  /  Σ_{r=1}^{min(|targets|, n)} 1 / log2(r + 1)

    One target at rank 3 gives 1 / log2(4) = 0.5; of two targets, one at rank 1 and one missed give 1 / 1.63 = 0.61:

    >>> print(ndcg(ranks_collect([np.array([3.0]), np.array([1.0, np.inf])]), 10).round(2))
    [0.5  0.61]

    Reference: Järvelin and Kekäläinen, 2002.
    """
    gain = np.where(ranks.rank <= n, 1.0 / np.log2(np.minimum(ranks.rank, 1e9) + 1.0), 0.0)
    total = np.bincount(ranks.user, weights=gain, minlength=len(ranks))
    ideal = np.concatenate([[1.0], np.cumsum(1.0 / np.log2(np.arange(n) + 2.0))])
    return np.asarray(total / ideal[np.minimum(np.diff(ranks.start), n)], np.float32)


def reciprocal_rank(ranks: TargetRanks) -> Floats:
    """(v,) 1 / rank of the best target, 0 where all are missed; its mean is the MRR.

    >>> reciprocal_rank(ranks_collect([np.array([4.0, 2.0]), np.array([np.inf])])).tolist()
    [0.5, 0.0]
    """
    return (1.0 / ranks.best()).astype(np.float32)


def coverage(lists: Ints, n_items: int, n: int) -> float:
    """Share of all items that are among the first ``n`` of at least one shopper's list.

    >>> coverage(np.array([[0, 1], [1, -1]]), 4, 2)
    0.5

    Args:
        lists: (v, k) item index, best first, -1 beyond a short list's end.
        n_items: size of the vocabulary.
        n: length looked at.
    """
    shown = np.unique(lists[:, :n])
    return float((shown >= 0).sum() / max(n_items, 1))


def mean_popularity(lists: Ints, popularity: Floats, n: int) -> float:
    """Mean share of all interactions that a shown item has; higher is closer to a list of best sellers.

    Args:
        lists: (v, k) item index, best first, -1 beyond a short list's end.
        popularity: (items,) interactions of each.
        n: length looked at.
    Returns: in [0, 1]; 0 where nothing is shown.
    """
    shown = lists[:, :n].ravel()
    shown = shown[shown >= 0]
    return float(popularity[shown].mean() / max(float(popularity.sum()), 1.0)) if len(shown) else 0.0


def novelty(lists: Ints, popularity: Floats, n: int) -> float:
    """Mean self-information of what is shown, in bits: −log2 of an item's share of all interactions.

    >>> round(novelty(np.array([[0, 1]]), np.array([3.0, 1.0]), 2), 4)
    1.2075

    Args:
        lists: (v, k) item index, best first, -1 beyond a short list's end.
        popularity: (m,) interactions; an item without any counts as one that has half of one.
        n: length looked at.
    Returns: NaN where nothing is shown.
    Reference: Zhou et al., 2010.
    """
    shown = lists[:, :n].ravel()
    shown = shown[shown >= 0]
    share = np.maximum(popularity[shown], 0.5) / max(float(popularity.sum()), 1.0)
    return float(-np.log2(share).mean()) if len(shown) else float("nan")


def intra_list_diversity(lists: Ints, vectors: Floats, n: int) -> float:
    """Mean of 1 − cosine over all pairs of the first ``n`` items of a list, then over lists.

        Σ_{i≠j} v_i · v_j = ‖Σ_i v_i‖² − Σ_i ‖v_i‖²,  so no pair is ever formed

    >>> intra_list_diversity(np.array([[0, 1], [0, 2]]), np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]), 2)
    0.5

    Args:
        lists: (v, k) item index, best first, -1 beyond a short list's end.
        vectors: (m, d) unit length, rows of zeros or NaN for items of which nothing is known: they are left out.
        n: length looked at.
    Returns: NaN where no list shows two known items.
    """
    vectors = np.nan_to_num(vectors)
    shown = lists[:, :n]
    known = (shown >= 0) & (np.abs(vectors).sum(axis=1) > 0)[shown]
    found = np.where(known[:, :, None], vectors[shown], 0.0)  # (v, n, d)
    count = known.sum(axis=1)
    alike = (found.sum(axis=1) ** 2).sum(axis=1) - (found**2).sum(axis=(1, 2))
    pairs = count * (count - 1)
    return float(1 - (alike[pairs > 0] / pairs[pairs > 0]).mean()) if (pairs > 0).any() else float("nan")
