"""What an item is made of, as far as tastes are concerned."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

_SELECT = """
SELECT i.id, i.external_id, coalesce(i.department_id, 0), coalesce(i.brand_id, 0),
       ARRAY(SELECT t.tag_id FROM catalog_item_tags t WHERE t.item_id = i.id ORDER BY t.tag_id),
       left(coalesce(i.attributes ->> 'colour', i.attributes ->> 'color', ''), 60), coalesce(i.price_minor, 0),
       coalesce((extract(epoch FROM i.published_at) * 1000000)::bigint, 0)
FROM catalog_item i WHERE i.shop_id = %s AND
"""


@dataclass(frozen=True, slots=True)
class ItemFacets:
    """An item's department, brand and tags by id, 0 where there is none; its colour, price and age."""

    item_id: int
    external_id: str
    department: int
    brand: int
    tags: tuple[int, ...]
    colour: str = ""  # as the catalogue calls it, "" unknown
    price_minor: int = 0  # 0 unknown
    published_us: int = 0  # 0 unknown


def facets_by_external_id(shop_id: int, external_ids: Collection[str]) -> dict[str, ItemFacets]:
    """External id to facets; what the shop does not know is missing."""
    return {facets.external_id: facets for facets in _facets(shop_id, "i.external_id = ANY(%s)", external_ids)}


def facets_by_id(shop_id: int, item_ids: Collection[int]) -> dict[int, ItemFacets]:
    """Item id to facets."""
    return {facets.item_id: facets for facets in _facets(shop_id, "i.id = ANY(%s::bigint[])", item_ids)}


def _facets(shop_id: int, condition: str, keys: Collection[str] | Collection[int]) -> list[ItemFacets]:
    if not keys:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_SELECT + condition, [shop_id, list(keys)])
        return [
            ItemFacets(item_id, external_id, department, brand, tuple(tags), *more)
            for item_id, external_id, department, brand, tags, *more in cursor.fetchall()
        ]
