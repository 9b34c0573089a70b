"""The SQL of the sources: filters are part of every statement, so that a limit counts only what may be shown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.data.types import Floats, Ints, Source
from recommender.retrieval.quotas import Quotas
from recommender.retrieval.search_space import question
from recommender.retrieval.sources import CONFIG_OF
from recommender.store.arrays import array_text, vector_text
from recommender.store.filters import AVAILABLE
from recommender.store.timed import timed_rows

_LISTS = f"""
(SELECT 1, i.id FROM catalog_item i WHERE {AVAILABLE} AND i.id <> ALL(%(met)s)
 ORDER BY i.published_at DESC, i.id DESC LIMIT %(new)s)
UNION ALL
(SELECT 2, i.id FROM catalog_item i WHERE {AVAILABLE} AND i.id <> ALL(%(met)s)
   AND i.list_price_minor > i.price_minor AND i.price_minor >= 0
 ORDER BY i.price_minor::float / i.list_price_minor, i.id LIMIT %(deals)s)
"""  # noqa: S608

_NEWER = f"""
UNION ALL
(SELECT 3, i.id FROM recommender_itemvector v JOIN catalog_item i ON i.id = v.item_id
 WHERE v.bundle_id = %(bundle)s AND v.after_training AND {AVAILABLE} AND i.id <> ALL(%(met)s)
 ORDER BY (v.place <-> %(question)s::halfvec) + 0, i.id LIMIT %(cold)s)
"""  # noqa: S608

_DEPARTMENT = f"""
SELECT i.id FROM catalog_item i WHERE {AVAILABLE} AND i.department_id = %(department)s
ORDER BY i.published_at DESC, i.id DESC LIMIT %(n)s
"""  # noqa: S608

_KINDS = f"""
SELECT i.id FROM catalog_item i WHERE {AVAILABLE} AND (
    i.brand_id = ANY(%(brand)s) OR i.category_id = ANY(%(category)s) OR i.department_id = ANY(%(category)s)
    OR i.id IN (SELECT t.item_id FROM catalog_item_tags t WHERE t.tag_id = ANY(%(tag)s)))
ORDER BY i.published_at DESC, i.id DESC LIMIT %(n)s
"""  # noqa: S608

_ANCHOR_DEPARTMENT = "SELECT department_id FROM catalog_item WHERE id = %(item)s AND shop_id = %(shop)s"

_LASTING = """
SELECT i.id, (i.attributes ->> 'lasts_days')::bigint FROM catalog_item i
WHERE i.shop_id = %(shop)s AND i.id = ANY(%(items)s) AND i.attributes ->> 'lasts_days' ~ '^[0-9]{1,4}$'
"""

_DEPARTMENTS = "SELECT id, department_id FROM catalog_item WHERE shop_id = %(shop)s AND id = ANY(%(items)s)"

_WORDS = f"""
SELECT t.item_id
FROM catalog_itemtext t JOIN catalog_item i ON i.id = t.item_id,
     websearch_to_tsquery('simple', %(query)s) q,
     to_tsvector('simple'::regconfig, COALESCE(t.title, '') || ' ' || COALESCE(t.description, '')) words
WHERE t.shop_id = %(shop)s AND {AVAILABLE} AND (
    to_tsvector('simple'::regconfig, COALESCE(t.title, '') || ' ' || COALESCE(t.description, '')) @@ q
    OR t.title ILIKE %(part)s
    OR cardinality(%(signs)s::text[]) > 0
       AND COALESCE(t.title, '') || ' ' || COALESCE(t.description, '') LIKE ALL(%(signs)s::text[]))
GROUP BY t.item_id
ORDER BY max(ts_rank(words, q) + CASE WHEN t.title ILIKE %(part)s THEN 1 ELSE 0 END) DESC, t.item_id LIMIT %(n)s
"""  # noqa: S608


_LISTED = (Source.NEW_ARRIVALS, Source.DEALS, Source.COLD_ITEMS)
"""Sources of one statement, in the order of its numbers."""

_HAN = re.compile("[\u4e00-\u9fff]")
_MOST_SIGNS = 20


@dataclass(frozen=True)
class NewerThanBundle:
    """Asks for the items that came after a bundle was trained."""

    bundle_id: int
    state: Floats  # (d,) that they are to lie near


def catalogue_lists(
    filters: dict[str, object], quotas: Quotas, *, met: Ints, newer: NewerThanBundle | None = None
) -> dict[Source, Ints] | None:
    """Newest and most reduced items, and those newer than the bundle that lie nearest to a state; None if late.

    Args:
        filters: of ``filter_parameters``.
        quotas: how many of each.
        met: (m,) items left out.
        newer: where to look for newer ones; None: nowhere.
    """
    new, deals, cold = (quotas[source] for source in _LISTED)
    parameters = {**filters, "met": array_text(met.tolist()), "new": new, "deals": deals, "cold": cold}
    statement = _LISTS
    if newer is not None:
        statement += _NEWER
        parameters |= {"bundle": newer.bundle_id, "question": vector_text(question(newer.state))}
    deadline_ms = CONFIG_OF[Source.NEW_ARRIVALS].deadline_ms
    rows = timed_rows("new_arrivals+deals", statement, parameters, deadline_ms=deadline_ms)
    if rows is None:
        return None
    by_list: list[list[int]] = [[] for _ in _LISTED]
    for number, item in rows:
        by_list[number - 1].append(item)
    return {source: np.array(ids, np.int64) for source, ids in zip(_LISTED, by_list, strict=True)}


def department_items(filters: dict[str, object], department: int) -> Ints | None:
    """Newest items of a department; None if late."""
    config = CONFIG_OF[Source.SAME_DEPARTMENT]
    parameters = {**filters, "department": department, "n": config.quota}
    return _ids(timed_rows(config.source.word, _DEPARTMENT, parameters, deadline_ms=config.deadline_ms))


def kind_items(filters: dict[str, object], kinds: Mapping[str, Sequence[int]]) -> Ints | None:
    """Newest items of brands, categories and tags; None if late.

    Args:
        filters: of ``filter_parameters``.
        kinds: ids by ``brand``, ``category`` and ``tag``.
    """
    config = CONFIG_OF[Source.EDITORIAL]
    ids = {kind: array_text(kinds.get(kind, ())) for kind in ("brand", "category", "tag")}
    parameters = {**filters, **ids, "n": config.quota}
    return _ids(timed_rows(config.source.word, _KINDS, parameters, deadline_ms=config.deadline_ms))


def department_of(shop_id: int, item_id: int) -> int:
    """Department of an item, 0 none."""
    config = CONFIG_OF[Source.SAME_DEPARTMENT]
    parameters: dict[str, object] = {"item": item_id, "shop": shop_id}
    rows = timed_rows(config.source.word, _ANCHOR_DEPARTMENT, parameters, deadline_ms=config.deadline_ms)
    return int(rows[0][0] or 0) if rows else 0


def departments_of(shop_id: int, item_ids: Ints) -> Ints | None:
    """(n,) department of each item, 0 none; None if late."""
    config = CONFIG_OF[Source.DEPARTMENT_TREND]
    parameters: dict[str, object] = {"items": array_text(item_ids.tolist()), "shop": shop_id}
    rows = timed_rows(config.source.word, _DEPARTMENTS, parameters, deadline_ms=config.deadline_ms)
    if rows is None:
        return None
    known: dict[int, int | None] = dict(rows)
    return np.array([known.get(item) or 0 for item in item_ids.tolist()], np.int64)


def lasting_days_of(shop_id: int, item_ids: Ints) -> Ints:
    """(n,) attribute ``lasts_days`` of each item, 0 none; zeros if late."""
    config = CONFIG_OF[Source.BUY_AGAIN]
    parameters: dict[str, object] = {"items": array_text(item_ids.tolist()), "shop": shop_id}
    rows = timed_rows(config.source.word, _LASTING, parameters, deadline_ms=config.deadline_ms)
    known: dict[int, int] = dict(rows or ())
    return np.array([known.get(item, 0) for item in item_ids.tolist()], np.int64)


def word_matches(filters: dict[str, object], query: str) -> Ints | None:
    """Items whose words match a query, best first; None if late.

    Chinese is written without spaces, so that there every sign has to be in the title or the description.
    """
    config = CONFIG_OF[Source.SEARCH]
    escaped = query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    signs = [f"%{sign}%" for sign in dict.fromkeys(_HAN.findall(query))][:_MOST_SIGNS]
    parameters = {**filters, "query": query, "part": f"%{escaped}%", "signs": signs, "n": config.quota}
    return _ids(timed_rows(config.source.word, _WORDS, parameters, deadline_ms=config.deadline_ms))


def _ids(rows: list[tuple[int]] | None) -> Ints | None:
    return None if rows is None else np.array([row[0] for row in rows], np.int64)
