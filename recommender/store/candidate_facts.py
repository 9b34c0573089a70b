"""Facts of candidates as arrays, streamed in binary: one statement for all of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from catalog.models import Item
from recommender.data.types import Bools, Floats, Ints
from recommender.facts.columns import columns_read
from recommender.models import TEXT_DIM
from recommender.store.arrays import array_text
from recommender.store.filters import AVAILABLE
from recommender.store.vectors import text_vectors_read

_FACTS = f"""
SELECT i.id, coalesce(i.price_minor, -1), coalesce(i.list_price_minor, -1),
       (extract(epoch FROM i.published_at) * 1000000)::bigint,
       coalesce(i.department_id, 0), coalesce(i.category_id, 0), coalesce(i.brand_id, 0),
       CASE WHEN i."group" = '' THEN 0 ELSE hashtextextended(i."group", 0) END,
       coalesce(i.rating_average, 'NaN'::float8), i.sponsored,
       cardinality(%(big)s::text[]) > 0 AND i.provider <> '' AND i.provider <> ALL(%(big)s::text[]),
       CASE WHEN i.attributes ->> 'lasts_days' ~ '^[0-9]{{1,4}}$'
            THEN (i.attributes ->> 'lasts_days')::bigint ELSE 0 END
FROM catalog_item i WHERE i.id = ANY(%(ids)s) AND {AVAILABLE} ORDER BY i.id
"""  # noqa: S608 — the inserted text is a constant

_TAGS = "SELECT tag_id, item_id FROM catalog_item_tags WHERE item_id = ANY(%s) AND tag_id = ANY(%s) ORDER BY 2, 1"


@dataclass(frozen=True)
class CandidateFacts:
    """Facts of c candidates that may be shown, sorted by item id; unknown as in ``data.types.Gathered``."""

    item_ids: Ints
    price_minor: Ints
    list_price_minor: Ints
    published_us: Ints
    department: Ints
    category: Ints
    brand: Ints
    group: Ints  # small numbers for variants that are here together, 0 for the rest
    rating: Floats
    sponsored: Bools
    small: Bools  # of a provider that sells less than an equal share
    lasts_days: Ints  # how long one is used, as the item's attribute ``lasts_days`` says; 0 unknown or for good


def facts_read(filters: dict[str, Any], item_ids: Ints, *, big_providers: Sequence[str] = ()) -> CandidateFacts:
    """Facts of those of ``item_ids`` that may be shown; all others than ``big_providers``, if any, are small."""
    parameters = {**filters, "ids": array_text(item_ids.tolist()), "big": list(big_providers)}
    columns = columns_read("iiiiiiiifbbi", _FACTS, parameters)
    ids, price, list_price, published, department, category, brand, group, rating, *rest = columns
    rounded = np.round(rating, 1).astype(np.float32)
    return CandidateFacts(
        ids, price, list_price, published, department, category, brand, together(group), rounded, *rest
    )


def together(group: Ints) -> Ints:
    """(c,) variant groups with more than one member here, numbered from 1 as they come; 0 for everything else.

    >>> together(np.array([0, 77, 5, 77, 9, 9])).tolist()
    [0, 1, 0, 1, 2, 2]
    """
    names, first, place, count = np.unique(group, return_index=True, return_inverse=True, return_counts=True)
    shared = np.flatnonzero((count > 1) & (names != 0))
    number = np.zeros(len(names), np.int64)
    number[shared[np.argsort(first[shared])]] = np.arange(1, len(shared) + 1)
    return number[place]


def fresh_text_read(item_ids: Ints, encoder: str) -> Floats:
    """(f, 384) text vectors of items newer than the bundle, zeros where there is none."""
    if not encoder or not len(item_ids):
        return np.zeros((len(item_ids), TEXT_DIM), np.float32)
    hashes = dict(Item.objects.filter(pk__in=item_ids.tolist()).values_list("pk", "content_hash"))
    wanted = [hashes[item] for item in item_ids.tolist()]
    return np.nan_to_num(text_vectors_read(encoder=encoder, item_ids=item_ids, hashes=wanted))


def tags_read(item_ids: Ints, tag_ids: Collection[int]) -> tuple[Ints, Ints]:
    """Those of ``tag_ids`` that candidates bear: (t,) tag, (t,) row in ``item_ids``, which is sorted."""
    if not tag_ids or not len(item_ids):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    with connection.cursor() as cursor:
        cursor.execute(_TAGS, [array_text(item_ids.tolist()), array_text(tag_ids)])
        found = np.array(cursor.fetchall(), np.int64).reshape(-1, 2)
    return found[:, 0], np.searchsorted(item_ids, found[:, 1])
