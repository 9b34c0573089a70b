"""Cards that a browser reports as visible: marked on the impression, counted into the shopper's fatigue."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction

from recommender.models import Impression
from users.models import Shopper
from users.shoppers import shopper_ids, shopper_locked
from users.state import seen_in_vain
from users.state_rows import state_locked, state_write


@transaction.atomic
def cards_seen(*, shopper: Shopper, seen: Sequence[tuple[UUID | None, tuple[int, ...]]]) -> int:
    """Mark positions of the shopper's own impressions as seen; others' and unknown ones are passed over.

    A page that was shown before there was a shopper becomes the shopper's.

    Seeing is no deed: the state's version stays, so a reload shows the same page.

    Returns: how many cards were newly seen.
    """
    shopper = shopper_locked(shopper)
    positions: dict[UUID, set[int]] = {}
    for impression_id, places in seen:
        if impression_id is not None:
            positions.setdefault(impression_id, set()).update(places)
    rows = _own_locked(shopper, sorted(positions))
    items = [item for row in rows for item in _mark(row, positions[row.pk])]
    if items:
        Impression.objects.bulk_update(rows, ["seen"])
        state_write(shopper.pk, seen_in_vain(state_locked(shopper.pk, shopper.shop_id), items))
    return len(items)


def impressions_claim(*, shopper: Shopper, impression_ids: Collection[UUID]) -> None:
    """Give pages that were shown before there was a shopper to the one who acts on them."""
    ownerless = Impression.objects.of(shopper.shop_id).filter(pk__in=impression_ids, shopper__isnull=True)
    if impression_ids:
        ownerless.update(shopper=shopper)


def _own_locked(shopper: Shopper, ids: list[UUID]) -> list[Impression]:
    impressions_claim(shopper=shopper, impression_ids=ids)
    own = Impression.objects.of(shopper.shop_id).filter(pk__in=ids, shopper_id__in=shopper_ids(shopper.pk))
    return list(own.order_by("pk").select_for_update())


def _mark(row: Impression, positions: set[int]) -> list[int]:
    """Set the flags on the row; the items whose flag is new."""
    row.seen = [*row.seen, *([False] * (len(row.item_ids) - len(row.seen)))]
    new = [place for place in sorted(positions) if place < len(row.item_ids) and not row.seen[place]]
    for place in new:
        row.seen[place] = True
    return [row.item_ids[place] for place in new]
