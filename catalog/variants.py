"""Items that are the same thing in another size or colour, as far as the catalogue says so."""

from collections.abc import Collection

from django.db import connection

_VARIANTS = """
SELECT a.id, b.id FROM catalog_item a
JOIN catalog_item b ON b.shop_id = a.shop_id AND b."group" = a."group" AND b.id <> a.id
WHERE a.shop_id = %s AND a.id = ANY(%s) AND a."group" <> ''
UNION
SELECT a.id, b.id FROM catalog_item a
JOIN catalog_itemtext s ON s.item_id = a.id
JOIN catalog_item b ON b.shop_id = a.shop_id AND b.brand_id = a.brand_id AND b.id <> a.id
JOIN catalog_itemtext t ON t.item_id = b.id AND t.language = s.language AND lower(t.title) = lower(s.title)
WHERE a.shop_id = %s AND a.id = ANY(%s)
"""


def variants_of(shop_id: int, item_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """For each item, the others of its variant group and those of its brand with the same title."""
    ids = list(item_ids)
    found: dict[int, set[int]] = {item: set() for item in ids}
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_VARIANTS, [shop_id, ids, shop_id, ids])
        for item, twin in cursor.fetchall():
            found[item].add(twin)
    return {item: frozenset(twins) for item, twins in found.items()}
