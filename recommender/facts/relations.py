"""What a shop says of its items beside their own columns, as arrays: typed edges between items, and tags."""

import numpy as np

from recommender.data.relations import RelationTable
from recommender.data.types import Bools, Ints
from recommender.facts.columns import columns_read

EDGES = """
SELECT source_id, target_id, hashtextextended(kind, 0), weight
FROM catalog_relation WHERE shop_id = %(shop)s AND weight > 0 AND source_id <> target_id ORDER BY id
"""

TAGS = """
SELECT t.item_id, t.tag_id
FROM catalog_item_tags t JOIN catalog_tag g ON g.id = t.tag_id WHERE g.shop_id = %(shop)s ORDER BY t.item_id, t.tag_id
"""


def relations_read(shop_id: int, item_ids: Ints) -> RelationTable:
    """Edges and tags of a shop's items as they stand now; they bear no time.

    Args:
        shop_id: whose items.
        item_ids: (n,) the vocabulary, ascending; what touches other items is left out.
    """
    shop = {"shop": shop_id}
    source, target, kind, weight = columns_read("iiif", EDGES, shop)
    tagged, tag = columns_read("ii", TAGS, shop)
    (source, known_source), (target, known_target), (tagged, here) = (
        _index(item_ids, ids) for ids in (source, target, tagged)
    )
    edge = known_source & known_target
    weight = weight.astype(np.float32)
    return RelationTable(source[edge], target[edge], kind[edge], weight[edge], tagged[here], tag[here])


def _index(item_ids: Ints, wanted: Ints) -> tuple[Ints, Bools]:
    """Place of each id in the vocabulary, and whether it is there."""
    place = np.minimum(np.searchsorted(item_ids, wanted), max(len(item_ids) - 1, 0))
    known = item_ids[place] == wanted if len(item_ids) else np.zeros(len(wanted), np.bool_)
    return place.astype(np.int64), known
