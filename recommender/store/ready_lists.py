"""Lists made ahead: written many at a time, and found where something that was bought has fallen due since."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from catalog.models import Shop
from catalog.moments import microseconds
from recommender.data.types import Floats, Ints
from recommender.models import PrecomputedList
from recommender.store.arrays import array_text
from users.kinds import Kind

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


# As ``retrieval.used_up.bought_days``: what only the order is kept of counts as being as old as the oldest deed.
_FALLEN_DUE = """
WITH lasting AS (SELECT * FROM unnest(%(items)s::bigint[], %(days)s::float8[]) AS one (item, days)),
arms AS (SELECT * FROM unnest(%(arms)s::text[], %(shares)s::float8[]) AS one (arm, share)),
bought AS (
    SELECT made.shopper_id, made.made_at, arms.share * lasting.days AS days, max(deed.at_us) AS at_us
    FROM recommender_precomputedlist made
    JOIN arms ON arms.arm = made.arm
    JOIN users_shopper shopper ON shopper.id = made.shopper_id AND shopper.merged_into_id IS NULL
    JOIN users_shopperstate state ON state.shopper_id = made.shopper_id AND cardinality(state.purchased_items) > 0
    CROSS JOIN LATERAL (
        SELECT item, at_us FROM unnest(state.recent_items, state.recent_kinds, state.recent_times)
            AS one (item, kind, at_us) WHERE kind = %(purchase)s
        UNION ALL
        SELECT item, coalesce(state.recent_times[1], %(now_us)s) FROM unnest(state.purchased_items) AS one (item)
    ) deed
    JOIN lasting ON lasting.item = deed.item
    WHERE made.shop_id = %(shop)s AND made.shopper_id %% %(shards)s = %(shard)s
    GROUP BY made.shopper_id, made.made_at, lasting.item, arms.share * lasting.days)
SELECT DISTINCT shopper_id FROM bought
WHERE to_timestamp(at_us / 1e6) + days * interval '1 day' > made_at
  AND to_timestamp(at_us / 1e6) + days * interval '1 day' <= %(now)s
"""


def lists_fallen_due(
    shop: Shop, lasting: tuple[Ints, Floats], shares: Mapping[str, float], now: datetime, *, shard: int, shards: int
) -> list[int]:
    """Shoppers of a shard who bought something that has been used up since their list was made.

    Args:
        shop: whose lists.
        lasting: item ids (k,) and days that one of each lasts (k,).
        shares: by arm, the knob ``replenish``; arms where it is 0 show nothing again and are left out.
        now: until when.
        shard: which shard, from 0.
        shards: of how many.
    """
    shown_again = {arm: share for arm, share in shares.items() if share > 0}
    items, days = lasting
    if not shown_again or not len(items):
        return []
    parameters: dict[str, Any] = {
        "shop": shop.pk,
        "items": array_text(items.tolist()),
        "days": array_text(days.tolist()),
        "arms": list(shown_again),
        "shares": array_text(shown_again.values()),
        "purchase": int(Kind.PURCHASE),
        "now": now,
        "now_us": microseconds(now),
        "shard": shard,
        "shards": shards,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FALLEN_DUE, parameters)
        return [shopper for (shopper,) in cursor.fetchall()]
