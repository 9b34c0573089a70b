"""Price, age limit, region and languages of items, for gathers without a database."""

import numpy as np
from django.db import connection

from recommender.data.types import Ints
from recommender.retrieval.limits import ItemLimits
from recommender.store.arrays import array_text

_ITEMS = """
SELECT i.id, coalesce(i.price_minor, -1), i.adult, i.region,
       ARRAY(SELECT t.language FROM catalog_itemtext t WHERE t.item_id = i.id)
FROM catalog_item i WHERE i.shop_id = %s AND i.id = ANY(%s)
"""


def item_limits_read(shop_id: int, item_ids: Ints) -> ItemLimits:
    """Limits of ``item_ids`` in their order; what the shop does not know is for everybody."""
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS, [shop_id, array_text(item_ids.tolist())])
        rows = {item: facts for item, *facts in cursor.fetchall()}
    known = [rows.get(item, (-1, False, "", ())) for item in item_ids.tolist()]
    regions = sorted({region for _, _, region, _ in known if region})
    languages = sorted({language for *_, written in known for language in written})[:62]
    region_at, bit = {name: at for at, name in enumerate(regions)}, {name: 1 << at for at, name in enumerate(languages)}
    return ItemLimits(
        price_minor=np.array([price for price, *_ in known], np.int64),
        adult=np.array([adult for _, adult, *_ in known], np.bool_),
        region=np.array([region_at.get(region, -1) for _, _, region, _ in known], np.int64),
        regions=tuple(regions),
        written_in=np.array([sum(bit.get(name, 0) for name in set(written)) for *_, written in known], np.int64),
        languages=tuple(languages),
    )
