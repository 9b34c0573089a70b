"""Sources that start from items: what follows them, what is met together with them, what reads like them."""

from dataclasses import dataclass

import numpy as np

from recommender.data.learned import LearnedArrays
from recommender.data.neighbours import Neighbours
from recommender.data.types import Floats, Ints, Source
from recommender.retrieval.sources import CONFIG_OF

DECAY = 0.85
"""Weight of the items asked = DECAY ** (place, newest first)."""


@dataclass(frozen=True)
class Proposal:
    """What a source brings, best first, and which asked item each piece of evidence comes from."""

    source: Source
    item_ids: Ints  # (p,)
    evidence_of: Ints  # (e,) proposed item id
    evidence_item: Ints  # (e,) asked item id, or the place in a ranking by words

    @classmethod
    def plain(cls, source: Source, item_ids: Ints) -> "Proposal":
        """A proposal without evidence."""
        return cls(source, np.asarray(item_ids, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))


def by_items(arrays: LearnedArrays, index: Ints) -> list[Proposal]:
    """Proposals of sequential rules, item-kNN and similar text.

    Each asked item keeps room of its own in every source, so that "because you viewed …" has something to show.

    Args:
        arrays: of the bundle.
        index: (a,) vocabulary indices of the items asked, newest first, distinct.
    """
    if not len(index):
        return []
    tables = (
        (Source.SEQUENTIAL_RULES, Neighbours(arrays.rules_start, arrays.rules_item, arrays.rules_weight)),
        (Source.ITEM_KNN, Neighbours(arrays.knn_start, arrays.knn_item, arrays.knn_weight)),
    )
    weight = (DECAY ** np.arange(len(index))).astype(np.float32)
    proposals = [_proposal(source, arrays, index, *table.contributions(index, weight)) for source, table in tables]
    text = _by_text(arrays, index[:3], weight)
    return proposals if text is None else [*proposals, text]


def _by_text(arrays: LearnedArrays, index: Ints, weight: Floats) -> Proposal | None:
    whitened = arrays.text_whitened
    if not whitened.shape[1]:
        return None
    each = CONFIG_OF[Source.SIMILAR_TEXT].quota // len(index) + 1
    similarity = whitened @ whitened[index].T  # (n, a)
    similarity[index, np.arange(len(index))] = -np.inf
    each = min(each, len(similarity))
    best = np.argpartition(-similarity, each - 1, axis=0)[:each]  # (each, a)
    row = np.broadcast_to(np.arange(len(index)), best.shape).ravel()
    item = best.ravel()
    amount = similarity[item, row] * weight[row]
    return _proposal(Source.SIMILAR_TEXT, arrays, index, row, item, amount)


def _proposal(source: Source, arrays: LearnedArrays, index: Ints, row: Ints, item: Ints, amount: Floats) -> Proposal:
    """The best items by summed amounts, half of the quota; the other half goes to the asked items in turn."""
    quota = CONFIG_OF[source].quota
    total = np.bincount(item, weights=amount, minlength=0)
    distinct = np.unique(item)
    ranked = distinct[np.lexsort((distinct, -total[distinct]))]
    own = _first_of_each(row, item, amount, max(quota // (2 * len(index)), 4))
    chosen = np.concatenate([own, ranked[~np.isin(ranked, own)]])[:quota]
    keep = np.isin(item, chosen)
    row, item, amount = row[keep], item[keep], amount[keep]
    strongest = np.lexsort((row, -amount, item))
    place = np.arange(len(strongest)) - np.searchsorted(item[strongest], item[strongest])
    witnesses = strongest[place < 2]  # the two strongest causes of each candidate
    ids = np.asarray(arrays.item_ids)
    return Proposal(source, ids[chosen], ids[item[witnesses]], ids[index[row[witnesses]]])


def _first_of_each(row: Ints, item: Ints, amount: Floats, n: int) -> Ints:
    """Distinct items that are among the ``n`` largest amounts of some row."""
    order = np.lexsort((item, -amount, row))
    place = np.arange(len(order)) - np.searchsorted(row[order], row[order])
    return np.unique(item[order[place < n]])
