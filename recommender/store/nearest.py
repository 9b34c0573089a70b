"""Items nearest to a state: by the graph index, exactly where that comes back short, in memory where Postgres is late.

A price range that leaves few items is searched exactly, by the prices that the bundle knows, and checked by Postgres.

The place of an item and the question of a state are those of ``retrieval.search_space``, so that the nearest items are
those with the largest logits, biases included. The index hands out its candidates roughly in order and goes on until
enough of them pass the filters (relaxed iterative scan); the order does not matter here, since pages are ranked later.
"""

from typing import Any, Protocol

import numpy as np

from recommender.data.types import Floats, Ints, Source
from recommender.retrieval.search_space import question
from recommender.retrieval.sources import CONFIG_OF
from recommender.store.arrays import array_text, vector_text
from recommender.store.filters import AVAILABLE
from recommender.store.timed import timed_rows
from recommender.store.vector_tables import index_settings

EXACT_UP_TO = 500
"""Items of a bundle that are compared one by one: with so few a walk in the graph would often come back short."""

FEW = 50_000
"""Items within a price range that are compared one by one: a walk in the graph would pass most others in vain."""

_SPARE = 3
"""Times as many are checked as are wanted: some of them are not to be had now."""

_MOST_EF = 1_000  # that pgvector takes

_NEAREST = f"""
SET LOCAL hnsw.iterative_scan = relaxed_order; SET LOCAL hnsw.ef_search = %(ef_search)s;
SELECT v.item_id FROM recommender_itemvector v JOIN catalog_item i ON i.id = v.item_id
WHERE v.bundle_id = %(bundle)s AND {AVAILABLE} AND i.id <> ALL(%(met)s)
ORDER BY v.place <-> %(question)s::halfvec LIMIT %(n)s
"""  # noqa: S608 — the inserted text is a constant

_EXACT = f"""
SELECT v.item_id FROM recommender_itemvector v JOIN catalog_item i ON i.id = v.item_id
WHERE v.bundle_id = %(bundle)s AND {AVAILABLE} AND i.id <> ALL(%(met)s)
ORDER BY (v.place <-> %(question)s::halfvec) + 0 LIMIT %(n)s
"""  # noqa: S608 — likewise; the sum keeps the planner from the index

_CHECKED = f"""
SELECT i.id FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS w(id, place) JOIN catalog_item i ON i.id = w.id
WHERE {AVAILABLE} ORDER BY w.place LIMIT %(n)s
"""  # noqa: S608 — likewise


class Searched(Protocol):
    """The four arrays of ``data.learned.LearnedArrays`` that a search reads; a bundle's, or those of a benchmark."""

    @property
    def item_ids(self) -> Ints:
        """(n,) database ids."""

    @property
    def item_vectors(self) -> Floats:
        """(n, d)."""

    @property
    def item_bias(self) -> Floats:
        """(n,)."""

    @property
    def price_minor(self) -> Ints:
        """(n,) minor units when the bundle was made, -1 unknown."""


def nearest(
    filters: dict[str, Any], arrays: Searched, *, bundle_id: int, state: Floats, met: Ints, n: int
) -> tuple[Ints, bool]:
    """Items with the largest logits among those that may be shown.

    Args:
        filters: parameters of ``AVAILABLE``.
        arrays: of the bundle, and
        bundle_id: its id.
        state: (d,).
        met: items left out.
        n: how many.

    Returns:
        At most ``n`` item ids in no order, and whether Postgres was late: they are then the nearest of all items,
        shown or not.
    """
    priced = within_prices(filters, arrays)
    if priced is not None and len(priced) <= FEW:
        best = in_memory(arrays, state, met, _SPARE * n, among=priced)
        found = _ids(_CHECKED, {**filters, "ids": array_text(best.tolist()), "n": n})
        return (best, True) if found is None else (found, False)
    items = len(arrays.item_ids)
    asked = {"question": vector_text(question(state)), "met": array_text(met.tolist())}
    parameters = {**filters, **asked, "bundle": bundle_id, "n": n}
    found = None
    if items > EXACT_UP_TO:
        width = index_settings(items).ef_search * max(1.0, n / CONFIG_OF[Source.STATE_VECTOR].quota)
        parameters["ef_search"] = min(round(width) + len(met), _MOST_EF)
        found = _ids(_NEAREST, parameters)
        if found is None:
            return in_memory(arrays, state, met, n, among=priced), True
    if found is None or len(found) < min(n, items):
        found = _ids(_EXACT, parameters)
    return (in_memory(arrays, state, met, n, among=priced), True) if found is None else (found, False)


def within_prices(filters: dict[str, Any], arrays: Searched) -> Ints | None:
    """Vocabulary indices of items whose prices were within the range when the bundle was made; None without one."""
    lowest, highest = filters["price_from"], filters["price_to"]
    if not (lowest or highest):
        return None
    prices = arrays.price_minor
    return np.flatnonzero((prices >= lowest) & (prices >= 0) & ((prices <= highest) | (highest == 0)))


def in_memory(arrays: Searched, state: Floats, met: Ints, n: int, *, among: Ints | None = None) -> Ints:
    """Ids of the items with the largest logits, largest first, by the arrays alone.

    Args:
        arrays: of the bundle.
        state: (d,).
        met: item ids left out of what was found, so that fewer than ``n`` may be left.
        n: how many.
        among: vocabulary indices to look at; None: all.
    """
    vectors, bias, ids = arrays.item_vectors, arrays.item_bias, np.asarray(arrays.item_ids)
    if among is not None:
        vectors, bias, ids = vectors[among], bias[among], ids[among]
    logits = vectors @ state + bias
    n = min(n, len(logits))
    best = np.argpartition(-logits, n - 1)[:n] if n else np.zeros(0, np.int64)
    found = ids[best[np.argsort(-logits[best], kind="stable")]]
    return found[~np.isin(found, met)]


def _ids(statement: str, parameters: dict[str, Any]) -> Ints | None:
    config = CONFIG_OF[Source.STATE_VECTOR]
    rows = timed_rows(config.source.word, statement, parameters, deadline_ms=config.deadline_ms)
    return None if rows is None else np.array([row[0] for row in rows], np.int64)
