"""Lists made ahead, written many at a time."""

from collections.abc import Sequence

from django.db import connection

from recommender.models import PrecomputedList
from recommender.store.arrays import array_text

_WRITE = """
INSERT INTO recommender_precomputedlist (
    shopper_id, shop_id, bundle_id, ruleset_hash, arm, made_at, item_ids, scores)
SELECT made.shopper, %(shop)s, %(bundle)s, %(ruleset)s, made.arm, %(at)s, made.items::bigint[], made.scores::float8[]
FROM unnest(%(shoppers)s::bigint[], %(arms)s::text[], %(items)s::text[], %(scores)s::text[])
    AS made (shopper, arm, items, scores)
ON CONFLICT (shopper_id) DO UPDATE SET
    shop_id = excluded.shop_id, bundle_id = excluded.bundle_id, ruleset_hash = excluded.ruleset_hash,
    arm = excluded.arm, made_at = excluded.made_at, item_ids = excluded.item_ids, scores = excluded.scores
"""


def lists_write(lists: Sequence[PrecomputedList]) -> None:
    """Keep lists of one shop, made at one moment from one bundle under one ruleset, in the place of older ones."""
    if not lists:
        return
    alike = lists[0]
    parameters = {
        "shop": alike.shop_id,
        "bundle": alike.bundle_id,
        "ruleset": alike.ruleset_hash,
        "at": alike.made_at,
        "shoppers": array_text(one.shopper_id for one in lists),
        "arms": [one.arm for one in lists],
        "items": [array_text(one.item_ids) for one in lists],
        "scores": [array_text(one.scores) for one in lists],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, parameters)
