"""States of many shoppers made from their facts at once, as an import or a repair needs it."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence

from django.db import connection, transaction
from django.utils import timezone

from catalog.copying import copy_over_rows, unsynced_commit
from catalog.facets import facets_by_id
from catalog.models import Shop
from catalog.moments import microseconds
from catalog.variants import variants_of
from users.kinds import Kind
from users.models import ShopperState
from users.state import Deed, StateValue, next_version, refold
from users.state_rows import STATE_COLUMNS, state_to_row

CHUNK = 500
LATEST = 300
"""Facts per shopper that a rebuilt state is made of: three times what the recent history keeps."""

_WRITTEN = ("shopper_id", "shop_id", *STATE_COLUMNS.split(", "))
_LATEST_FACTS = """
SELECT coalesce(s.merged_into_id, s.id), f.id::text, f.kind, (extract(epoch FROM f.occurred_at) * 1000000)::bigint,
       f.item_id, coalesce(f.value, 'NaN'), f.undoes::text, f.impression IS NOT NULL
FROM users_shopper s
CROSS JOIN LATERAL (SELECT * FROM users_interaction i WHERE i.shopper_id = s.id ORDER BY i.id DESC LIMIT %s) f
WHERE s.shop_id = %s AND (s.id = ANY(%s) OR s.merged_into_id = ANY(%s))
"""


def states_rebuild(
    *,
    shop: Shop,
    shopper_ids: Sequence[int],
    progress: Callable[[int], None] = lambda done: None,
    lasting: bool = True,
) -> None:
    """Fold the latest facts of each shopper (and of guests merged into them) anew; every state gets a new version.

    Args:
        shop: whose shoppers they are.
        shopper_ids: persons, not merged guests.
        progress: called with how many are done.
        lasting: wait for the disk; without it a crash of the machine may ask for the same rebuild again.
    """
    for start in range(0, len(shopper_ids), CHUNK):
        with transaction.atomic():
            if not lasting:
                unsynced_commit()
            _chunk_rebuild(shop, shopper_ids[start : start + CHUNK])
        progress(min(start + CHUNK, len(shopper_ids)))


def _chunk_rebuild(shop: Shop, shopper_ids: Sequence[int]) -> None:
    deeds = _deeds(shop, shopper_ids)
    everything = [deed for own in deeds.values() for deed in own]
    facets = facets_by_id(shop.pk, {deed.item_id for deed in everything if deed.item_id is not None})
    disliked = {deed.item_id for deed in everything if deed.kind == Kind.DISLIKE and deed.item_id is not None}
    twins = variants_of(shop.pk, disliked)
    now_us = microseconds(timezone.now())
    old = _kept(shopper_ids)
    states = (
        (shopper, next_version(refold(old.get(shopper, StateValue()), own, facets, twins), now_us))
        for shopper, own in deeds.items()
    )
    rows = ((shopper, shop.pk, *state_to_row(state, as_json=json.dumps)) for shopper, state in states)
    copy_over_rows(ShopperState._meta.db_table, _WRITTEN, rows, key="shopper_id")


def _deeds(shop: Shop, shopper_ids: Sequence[int]) -> dict[int, list[Deed]]:
    deeds: dict[int, list[Deed]] = defaultdict(list)
    ids = list(shopper_ids)
    with connection.cursor() as cursor:
        cursor.execute(_LATEST_FACTS, [LATEST, shop.pk, ids, ids])
        for shopper, *deed in cursor.fetchall():
            deeds[shopper].append(Deed._make(deed))
    return deeds


def _kept(shopper_ids: Sequence[int]) -> dict[int, StateValue]:
    """Of the states there are, locked, what facts do not tell."""
    rows = ShopperState.objects.select_for_update().filter(pk__in=shopper_ids)
    return {
        row.pk: StateValue(
            version=row.version,
            hidden=tuple(row.hidden_items),
            purchased=tuple(row.purchased_items),
            ignored=tuple(row.ignored_items),
            fewer=tuple(row.fewer_kinds),
            raised=row.raised_items,
            fatigue=row.fatigue,
            fatigue_next=row.fatigue_next,
            updated_us=microseconds(row.updated_at),
        )
        for row in rows
    }
