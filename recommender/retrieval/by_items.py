"""Sources that start from items: what follows them, what is met together with them, what reads like them."""

import numpy as np

from recommender.data.factors import FactorModel
from recommender.data.item_model import TableModel
from recommender.data.learned import LearnedArrays
from recommender.data.neighbours import Neighbours
from recommender.data.types import Bools, Floats, Ints, Source
from recommender.retrieval.quotas import DEFAULT_QUOTAS, Quotas
from recommender.retrieval.sources import MODEL_SOURCES
from recommender.retrieval.union import Proposal

DECAY = 0.85
"""Weight of the items asked = DECAY ** (place, newest first)."""


def by_items(arrays: LearnedArrays, index: Ints, quotas: Quotas = DEFAULT_QUOTAS) -> list[Proposal]:
    """Proposals of sequential rules, item-kNN, similar text and the collaborative models that the bundle carries.

    Each asked item keeps room of its own in every source, so that "because you viewed …" has something to show.

    Args:
        arrays: of the bundle.
        index: (a,) vocabulary indices of the items asked, newest first, distinct.
        quotas: of the sources.
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
    proposals = [
        _proposal(source, quotas[source], arrays, index, *table.contributions(index, weight))
        for source, table in tables
    ]
    text = _by_text(arrays, index[:3], weight, quotas[Source.SIMILAR_TEXT])
    if text is not None:
        proposals.append(text)
    factors = {name: model for name, model in learned.items() if isinstance(model, FactorModel)}
    asked = [(MODEL_SOURCES[name], model) for name, model in factors.items()]
    return proposals + [_by_factors(source, quotas[source], arrays, model, index) for source, model in asked]


def _by_factors(source: Source, quota: int, arrays: LearnedArrays, model: FactorModel, index: Ints) -> Proposal:
    """The items that answer the asked ones best, by exact search over the vocabulary, and what speaks for each."""
    scores = model.scores([index])[0]
    scores[index] = -np.inf
    n = min(quota, len(scores) - len(index))
    best = np.argpartition(-scores, max(n - 1, 0))[:n]
    best, ids = best[np.argsort(-scores[best], kind="stable")], np.asarray(arrays.item_ids)
    row, item = model.witnesses(index, best)
    return Proposal(source, ids[best], ids[best[item]], ids[index[row]])


def _by_text(arrays: LearnedArrays, index: Ints, weight: Floats, quota: int) -> Proposal | None:
    whitened = arrays.text_whitened
    if not whitened.shape[1]:
        return None
    similarity = whitened @ whitened[index].T  # (n, a)
    similarity[index, np.arange(len(index))] = -np.inf
    each = min(quota // len(index) + 1, len(similarity))
    best = np.argpartition(-similarity, each - 1, axis=0)[:each]  # (each, a)
    row = np.broadcast_to(np.arange(len(index)), best.shape).ravel()
    item = best.ravel()
    amount = similarity[item, row] * weight[row]
    return _proposal(Source.SIMILAR_TEXT, quota, arrays, index, row, item, amount)


def _proposal(
    source: Source, quota: int, arrays: LearnedArrays, index: Ints, row: Ints, item: Ints, amount: Floats
) -> Proposal:
    """The best items by summed amounts, half of the quota; the other half goes to the asked items in turn."""
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
