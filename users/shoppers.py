"""Shoppers: made at their first event, found by login or guest key, followed when merged.

Merging keeps pointers flat: ``merged_into`` always names a shopper that is itself not merged.
"""

from datetime import datetime, timedelta

from django.db import transaction

from catalog.models import Shop
from users.identity import Identity
from users.models import Shopper

SEEN_EVERY = timedelta(minutes=10)

TOPIC_SHOPPER = "shopper.changed"
"""Outbox topic: a shopper did or decided something; payload ``{"shopper_id": …}``."""

# Asked by every page: as a queryset, composing the statement costs three times what its answer does.
_OF_USER = """
SELECT * FROM users_shopper WHERE shop_id = %s AND user_id = %s AND merged_into_id IS NULL ORDER BY id LIMIT 1
"""
_OF_GUEST = """
SELECT * FROM users_shopper WHERE shop_id = %s AND guest_key = %s AND merged_into_id IS NULL ORDER BY id LIMIT 1
"""


def shopper_find(*, shop: Shop, identity: Identity) -> Shopper | None:
    """The shopper a page is for, or ``None`` for somebody without any event yet.

    The key of a guest that was merged finds nobody: only the login opens what belongs to the login.
    """
    if identity.user_id is not None:
        found = Shopper.objects.raw(_OF_USER, [shop.pk, identity.user_id])
    elif identity.guest_key is not None:
        found = Shopper.objects.raw(_OF_GUEST, [shop.pk, identity.guest_key])
    else:
        return None
    return next(iter(found), None)


def shopper_ensure(*, shop: Shop, identity: Identity, at: datetime, language: str = "") -> Shopper:
    """The shopper that events count for, made if this is the first one.

    An event that a guest's device sends after the guest has signed in still reaches the person.

    Raises:
        ValueError: ``identity`` names nobody.
    """
    if identity.user_id is not None:
        shopper = _by_user(shop, identity.user_id) or _created(shop, at, language, user_id=identity.user_id)
    elif identity.guest_key is not None:
        shopper = _by_guest(shop, identity) or _created(shop, at, language, guest_key=identity.guest_key)
    else:
        raise ValueError("An event needs a login or a guest key; mint one with users.identity.guest_new().")
    if shopper.last_seen_at is None or shopper.last_seen_at < at - SEEN_EVERY:
        Shopper.objects.filter(pk=shopper.pk).update(last_seen_at=at)
    return shopper


def shopper_for_user(*, shop: Shop, user_id: int, at: datetime, language: str = "") -> Shopper:
    """The shopper of a login, made if there is none."""
    return shopper_ensure(shop=shop, identity=Identity(user_id=user_id), at=at, language=language)


def shopper_locked(shopper: Shopper) -> Shopper:
    """The shopper as it is now, or whom it was merged into meanwhile; held until the transaction ends.

    Everything that changes a state takes this lock first, so that nothing slips past a merge.
    """
    row = Shopper.objects.select_for_update(no_key=True).get(pk=shopper.pk)
    return row if row.merged_into is None else shopper_locked(row.merged_into)


def shopper_ids(shopper_id: int) -> list[int]:
    """Ids whose facts belong to one person: the shopper and the guests merged into it."""
    merged = Shopper.objects.filter(merged_into_id=shopper_id).order_by("pk").values_list("pk", flat=True)
    return [shopper_id, *merged]


def _by_user(shop: Shop, user_id: int) -> Shopper | None:
    return Shopper.objects.of(shop).filter(user_id=user_id, merged_into__isnull=True).first()


def _by_guest(shop: Shop, identity: Identity) -> Shopper | None:
    found = Shopper.objects.of(shop).filter(guest_key=identity.guest_key).select_related("merged_into").first()
    return found.merged_into or found if found else None


@transaction.atomic
def _created(shop: Shop, at: datetime, language: str, **key: object) -> Shopper:
    row = Shopper(shop=shop, language=language[:16], created_at=at, last_seen_at=at, **key)
    Shopper.objects.bulk_create([row], ignore_conflicts=True)
    return Shopper.objects.of(shop).get(merged_into__isnull=True, **key)
