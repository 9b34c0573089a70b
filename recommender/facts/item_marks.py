"""Who paid for an item, how big its provider is and how long it lasts, for gathers without a database."""

from collections.abc import Sequence

import numpy as np
from django.db import connection

from recommender.data.types import Ints
from recommender.retrieval.marks import ItemMarks
from recommender.store.arrays import array_text

_MARKED = """
SELECT i.id, i.sponsored,
       cardinality(%(big)s::text[]) > 0 AND i.provider <> '' AND i.provider <> ALL(%(big)s::text[]),
       CASE WHEN i.attributes ->> 'lasts_days' ~ '^[0-9]{1,4}$' THEN (i.attributes ->> 'lasts_days')::bigint ELSE 0 END
FROM catalog_item i WHERE i.shop_id = %(shop)s AND i.id = ANY(%(ids)s)
    AND (i.sponsored OR i.provider <> '' OR i.attributes ? 'lasts_days')
"""


def item_marks_read(shop_id: int, item_ids: Ints, *, big_providers: Sequence[str]) -> ItemMarks:
    """Marks of ``item_ids`` in their order; all other providers than ``big_providers``, if any, are small."""
    with connection.cursor() as cursor:
        ids = array_text(item_ids.tolist())
        cursor.execute(_MARKED, {"shop": shop_id, "ids": ids, "big": list(big_providers)})
        rows = cursor.fetchall()
    sponsored = [item for item, is_sponsored, _, _ in rows if is_sponsored]
    small = [item for item, _, is_small, _ in rows if is_small]
    told = {item: days for item, _, _, days in rows if days}
    lasts_days = np.array([told.get(item, 0) for item in item_ids.tolist()], np.int64)
    return ItemMarks(np.isin(item_ids, sponsored), np.isin(item_ids, small), lasts_days)
