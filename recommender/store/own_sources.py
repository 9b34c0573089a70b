"""Candidates that need no search of the catalogue: a shopper's own deeds, and what a query means to the bundle."""

import numpy as np

from recommender.data.types import Context, Floats, Ints
from recommender.retrieval.personal import due_again
from recommender.retrieval.used_up import bought_days, lasting_days, used_up
from recommender.serving.bundle import Bundle
from recommender.serving.state import ShopperView
from recommender.store import source_queries
from users.kinds import Kind

_BOUGHT = int(Kind.PURCHASE)


def keep_browsing(context: Context) -> Ints:
    """Items looked at and not bought, newest first."""
    history = context.history
    bought = np.concatenate([history.item_ids[history.kinds == _BOUGHT], context.purchased_ids])
    seen = history.item_ids[~np.isin(history.item_ids, np.concatenate([bought, context.ignored_ids]))][::-1]
    distinct, first = np.unique(seen, return_index=True)
    return distinct[np.argsort(first)]


def buy_again(context: Context, view: ShopperView, bundle: Bundle | None) -> Ints:
    """Items bought before: what falls due first where intervals were learned, then what was bought last."""
    latest = context.purchased_ids[::-1]
    if bundle is None or not len(bundle.arrays.replenishment):
        return latest
    index = due_again(bundle.arrays, view.history_index, context.history, context.now_us)
    due = np.asarray(bundle.arrays.item_ids)[index]
    return np.concatenate([due, latest[~np.isin(latest, due)]])


def returning(context: Context, bundle: Bundle | None, replenish: float) -> Ints:
    """What was bought and is used up by now, what was bought longest ago first.

    Args:
        context: of the request.
        bundle: knows the usual intervals; without one an item's own word counts.
        replenish: share of the interval after which something is used up.
    """
    bought, days = bought_days(context)
    told = source_queries.lasting_days_of(context.shop_id, bought)
    index = bundle.index_of(bought) if bundle else np.full(len(bought), -1, np.int64)
    over = used_up(days, lasting_days(bundle.arrays if bundle else None, index, told), replenish)
    return bought[over][np.argsort(-days[over], kind="stable")]


def by_meaning(bundle: Bundle | None, query: Floats | None, n: int) -> Ints:
    """Items whose texts mean nearly what a query says, best first; all at least half as near as the best."""
    if bundle is None or query is None or bundle.arrays.text_vectors.shape[1] != len(query):
        return np.zeros(0, np.int64)
    cosine = bundle.arrays.text_vectors.astype(np.float32) @ query
    best = np.argsort(-cosine, kind="stable")[:n]
    near = cosine[best] >= max(0.25, 0.5 * float(cosine[best[0]])) if len(best) else best > 0
    return np.asarray(bundle.arrays.item_ids[best[near]])
