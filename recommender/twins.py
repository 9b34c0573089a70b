"""Near twins of an item: what "not interested" hides along with it."""

from collections.abc import Collection

from django.db import connection

from catalog.variants import variants_of

NEAREST = 8
MAX_DISTANCE = 0.06
"""Cosine distance of text vectors within one category below which two items say the same."""

_NEAR = """
SELECT a.item_id, near.item_id
FROM catalog_item i
JOIN recommender_textvector a ON a.item_id = i.id AND a.content_hash = i.content_hash
CROSS JOIN LATERAL (
    SELECT b.item_id, b.vector <=> a.vector AS distance
    FROM catalog_item j
    JOIN recommender_textvector b ON b.item_id = j.id AND b.encoder = a.encoder AND b.content_hash = j.content_hash
    WHERE j.shop_id = i.shop_id AND j.category_id = i.category_id AND j.id <> i.id
    ORDER BY b.vector <=> a.vector, j.id LIMIT %s
) AS near
WHERE i.shop_id = %s AND i.id = ANY(%s) AND near.distance <= %s
"""


def near_twins(shop_id: int, item_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """For each item, its variants and the items of its category whose words mean nearly the same.

    Items without a text vector have their variants alone.
    """
    twins = {item: set(variants) for item, variants in variants_of(shop_id, item_ids).items()}
    if twins:
        with connection.cursor() as cursor:
            cursor.execute(_NEAR, [NEAREST, shop_id, list(twins), MAX_DISTANCE])
            for item, twin in cursor.fetchall():
                twins[item].add(twin)
    return {item: frozenset(found) for item, found in twins.items()}
