"""Cards that a browser reports as visible: marked on the impression, counted into the shopper's fatigue."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from recommender.models import Impression
from users.models import Shopper
from users.shoppers import shopper_ids, shopper_locked
from users.state import seen_in_vain
from users.state_rows import state_locked, state_write

Seen = tuple[UUID | None, tuple[int, ...]]
"""An impression's id and the positions that were visible."""


@transaction.atomic
def cards_seen(*, shopper: Shopper, seen: Sequence[Seen]) -> int:
    """Mark positions of the shopper's own impressions as seen; others' and unknown ones are passed over.

    A page that was shown before there was a shopper becomes the shopper's. Seeing is no deed: the state's version
    stays, so a reload shows the same page.

    Returns: how many cards were newly seen.
    """
    shopper = shopper_locked(shopper)
    positions = _positions(seen)
    impressions_claim(shopper=shopper, impression_ids=positions)
    own = Impression.objects.of(shopper.shop_id).filter(shopper_id__in=shopper_ids(shopper.pk))
    items = _marked(own, positions)
    if items:
        state_write(shopper.pk, seen_in_vain(state_locked(shopper.pk, shopper.shop_id), items))
    return len(items)


@transaction.atomic
def cards_seen_by_nobody(*, shop_id: int, seen: Sequence[Seen]) -> int:
    """The same for pages that were shown to somebody who has not done anything yet."""
    ownerless = Impression.objects.of(shop_id).filter(shopper__isnull=True)
    return len(_marked(ownerless, _positions(seen)))


def impressions_claim(*, shopper: Shopper, impression_ids: Collection[UUID]) -> None:
    """Give pages that were shown before there was a shopper to the one who acts on them."""
    ownerless = Impression.objects.of(shopper.shop_id).filter(pk__in=impression_ids, shopper__isnull=True)
    if impression_ids:
        ownerless.update(shopper=shopper)


def _positions(seen: Sequence[Seen]) -> dict[UUID, set[int]]:
    positions: dict[UUID, set[int]] = {}
    for impression_id, places in seen:
        if impression_id is not None:
            positions.setdefault(impression_id, set()).update(places)
    return positions


def _marked(impressions: QuerySet[Impression], positions: dict[UUID, set[int]]) -> list[int]:
    """Mark the rows, locked in the order of their ids; the items newly seen."""
    rows = list(impressions.filter(pk__in=positions).order_by("pk").select_for_update())
    items = [item for row in rows for item in _mark(row, positions[row.pk])]
    if items:
        Impression.objects.bulk_update(rows, ["seen"])
    return items


def _mark(row: Impression, positions: set[int]) -> list[int]:
    """Set the flags on the row; the items whose flag is new."""
    row.seen = [*row.seen, *([False] * (len(row.item_ids) - len(row.seen)))]
    new = [place for place in sorted(positions) if place < len(row.item_ids) and not row.seen[place]]
    for place in new:
        row.seen[place] = True
    return [row.item_ids[place] for place in new]
