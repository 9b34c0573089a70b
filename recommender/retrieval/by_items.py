"""Sources that start from items: what follows them, what is met together with them, what reads like them."""

from dataclasses import dataclass

import numpy as np

from recommender.data.factors import FactorModel
from recommender.data.item_model import TableModel
from recommender.data.learned import LearnedArrays
from recommender.data.neighbours import Neighbours
from recommender.data.types import Bools, Floats, Ints, Source
from recommender.retrieval.sources import CONFIG_OF, MODEL_SOURCES

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
    """Proposals of sequential rules, item-kNN, similar text and the collaborative models that the bundle carries.

    Each asked item keeps room of its own in every source, so that "because you viewed …" has something to show.

    Args:
        arrays: of the bundle.
        index: (a,) vocabulary indices of the items asked, newest first, distinct.
    """
    if not len(index):
        return []
    tables = [
        (Source.SEQUENTIAL_RULES, Neighbours(arrays.rules_start, arrays.rules_item, arrays.rules_weight)),
        (Source.ITEM_KNN, Neighbours(arrays.knn_start, arrays.knn_item, arrays.knn_weight)),
    ]
    learned = {name: arrays.models.get(name) for name in MODEL_SOURCES}
    signed = {name: model for name, model in learned.items() if isinstance(model, TableModel)}
    tables += [(MODEL_SOURCES[name], model.neighbours) for name, model in signed.items()]
    weight = (DECAY ** np.arange(len(index))).astype(np.float32)
    proposals = [_proposal(source, arrays, index, *table.contributions(index, weight)) for source, table in tables]
    text = _by_text(arrays, index[:3], weight)
    if text is not None:
        proposals.append(text)
    factors = {name: model for name, model in learned.items() if isinstance(model, FactorModel)}
    return proposals + [_by_factors(MODEL_SOURCES[name], arrays, model, index) for name, model in factors.items()]


def _by_factors(source: Source, arrays: LearnedArrays, model: FactorModel, index: Ints) -> Proposal:
    """The items that answer the asked ones best, by exact search over the vocabulary."""
    scores = model.scores([index])[0]
    scores[index] = -np.inf
    n = min(CONFIG_OF[source].quota, len(scores) - len(index))
    best = np.argpartition(-scores, max(n - 1, 0))[:n]
    return Proposal.plain(source, np.asarray(arrays.item_ids)[best[np.argsort(-scores[best], kind="stable")]])


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
    speaks = (amount > 0) & (total[item] > 0)  # what speaks against an item has told in its total
    row, item, amount = row[speaks], item[speaks], amount[speaks]
    distinct = np.flatnonzero(_marked(item, len(total)))
    ranked = distinct[np.argsort(-total[distinct], kind="stable")]
    own = _first_of_each(row, item, amount, max(quota // (2 * len(index)), 4))
    chosen = np.concatenate([own, ranked[~_marked(own, len(total))[ranked]]])[:quota]
    keep = _marked(chosen, len(total))[item]
    row, item, amount = row[keep], item[keep], amount[keep]
    strongest = np.lexsort((row, -amount, item))
    place = np.arange(len(strongest)) - np.searchsorted(item[strongest], item[strongest])
    witnesses = strongest[place < 2]  # the two strongest causes of each candidate
    ids = np.asarray(arrays.item_ids)
    return Proposal(source, ids[chosen], ids[item[witnesses]], ids[index[row[witnesses]]])


def _marked(items: Ints, n: int) -> Bools:
    """(n,) True at ``items``: asking this costs less than searching a short list."""
    marked = np.zeros(n, np.bool_)
    marked[items] = True
    return marked


def _first_of_each(row: Ints, item: Ints, amount: Floats, n: int) -> Ints:
    """Distinct items that are among the ``n`` largest amounts of some row."""
    order = np.lexsort((item, -amount, row))
    place = np.arange(len(order)) - np.searchsorted(row[order], row[order])
    return np.flatnonzero(_marked(item[order[place < n]], int(item.max(initial=-1)) + 1))
