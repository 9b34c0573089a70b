"""Items a shopper keeps: the list, and the interactions that say so."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from catalog.models import Item
from users.interactions import interaction_record, undoable
from users.kinds import Kind
from users.models import Favourite, Shopper


@transaction.atomic
def favourite_add(*, shopper: Shopper, item: Item, at: datetime, remember: bool = True, **details: Any) -> bool:
    """Keep an item; adding it again changes nothing.

    Args:
        shopper: whose list it is.
        item: what is kept.
        at: when.
        remember: whether it becomes an interaction too; False for somebody who allowed nothing to be remembered.
        details: where it was done, as further fields of ``NewInteraction``: impression, position, surface, session.

    Returns: whether it is new on the list.
    """
    if favourites(shopper).filter(item=item).exists():
        return False
    row = Favourite(shop_id=shopper.shop_id, shopper=shopper, item=item, at=at)
    Favourite.objects.bulk_create([row], ignore_conflicts=True)
    if remember:
        interaction_record(shopper=shopper, kind=Kind.FAVOURITE, at=at, item=item, **details)
    return True


@transaction.atomic
def favourite_remove(*, shopper: Shopper, item: Item, at: datetime) -> bool:
    """Take an item off the list and take back that it was ever put there, if that was remembered.

    Returns: whether it was on the list.
    """
    if not favourites(shopper).filter(item=item).delete()[0]:
        return False
    added = undoable(shopper, item_id=item.pk, kind=Kind.FAVOURITE)
    if added is not None:
        interaction_record(shopper=shopper, kind=Kind.UNDO, at=at, item=item, undoes=added)
    return True


def favourites(shopper: Shopper) -> QuerySet[Favourite]:
    """The person's list, latest first."""
    return Favourite.objects.of(shopper.shop_id).of_person(shopper.pk).order_by("-at", "-pk")
