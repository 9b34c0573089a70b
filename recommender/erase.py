"""Use case: forget a person. What is about them goes, a receipt that names nobody stays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Model, Q, QuerySet

from catalog.models import Item, Outbox, Shop
from catalog.moments import microseconds
from recommender.models import Impression, JobRun, PrecomputedList, RequestLog
from users.identity import Identity
from users.models import (
    Basket,
    Consent,
    Device,
    EventReceipt,
    Favourite,
    Interaction,
    Order,
    Review,
    Search,
    Shopper,
    ShopperState,
    Suspicion,
    User,
)
from users.reviews import rating_refresh
from users.shoppers import TOPIC_SHOPPER, shopper_ids, shopper_locked
from users.state import StateValue, next_version
from users.state_rows import state_locked, state_write

ABOUT_A_PERSON: Sequence[type[Model]] = (
    Interaction, EventReceipt, Impression, RequestLog, PrecomputedList, Search, Review, Favourite, Basket, Order,
    Consent, Device, Suspicion,
)  # fmt: skip
"""Every table with rows about one shopper; a test finds a model with a shopper that is missing here."""


@dataclass(frozen=True)
class ErasureReceipt:
    """Proof of an erasure: how many rows of each table went. It names nobody."""

    id: UUID
    at: datetime
    rows: dict[str, int]
    state_version: int


@transaction.atomic
def shopper_erase(*, shop: Shop, shopper: Shopper, now: datetime, with_login: bool = False) -> ErasureReceipt:
    """Remove everything about a person, guests merged into them and pages from before their first deed included.

    The shopper's row stays as an empty shell without name, login or key, and its state rises one version, so that
    nothing remembered elsewhere under the old version is used again. What was learned already holds no person: it
    is replaced with the next bundle.

    Args:
        shop: whose facts go.
        shopper: any shopper of the person.
        now: the time on the receipt.
        with_login: remove the account as well.
    """
    person = shopper_locked(shopper)
    ids = shopper_ids(person.pk)
    reviewed = list(Item.objects.of(shop).filter(reviews__shopper_id__in=ids).distinct())
    pages = _pages_delete(shop, ids)
    rows = {
        model._meta.label: pages.get(model, 0) + model._default_manager.filter(shopper_id__in=ids).delete()[0]
        for model in ABOUT_A_PERSON
    }
    rows["catalog.Outbox"] = Outbox.objects.filter(topic=TOPIC_SHOPPER, payload__shopper_id__in=ids).delete()[0]
    for item in reviewed:
        rating_refresh(item)
    version = _state_empty(person, ids, now)
    user_id = person.user_id
    nobody = {"user": None, "guest_key": None, "external_id": "", "segment": "", "language": "", "last_seen_at": None}
    rows["users.Shopper"] = Shopper.objects.filter(pk__in=ids).update(**nobody, adult=False)
    if with_login and user_id is not None:
        rows["users.User"] = User.objects.filter(pk=user_id).delete()[0]
    return _receipt(shop, now, {label: count for label, count in rows.items() if count}, version)


def _pages_delete(shop: Shop, ids: Sequence[int]) -> dict[type[Model], int]:
    """Remove the person's pages and what led to them, whoever the logs name."""
    pages: QuerySet[Impression] = Impression.objects.of(shop).filter(
        Q(shopper_id__in=ids) | Q(shopper__isnull=True, session__in=_sessions_of(ids))
    )
    return {
        RequestLog: RequestLog.objects.of(shop).filter(pk__in=pages.values("pk")).delete()[0],
        Impression: pages.delete()[0],
    }


def _sessions_of(ids: Sequence[int]) -> set[str]:
    """Sessions in which the person was shown pages before there was a shopper to name on them."""
    keys = Shopper.objects.filter(pk__in=ids).values_list("guest_key", "user_id")
    visits = {who.visit for guest, user in keys for who in (Identity(guest_key=guest), Identity(user_id=user))}
    for model in (Interaction, Impression):
        visits |= set(model._default_manager.filter(shopper_id__in=ids).values_list("session", flat=True).distinct())
    return visits - {""}


def _state_empty(person: Shopper, ids: Sequence[int], now: datetime) -> int:
    state = state_locked(person.pk, person.shop_id)
    ShopperState.objects.filter(shopper_id__in=ids).exclude(shopper=person).delete()
    empty = next_version(replace(StateValue(), version=state.version), microseconds(now))
    state_write(person.pk, empty)
    return empty.version


def _receipt(shop: Shop, now: datetime, rows: dict[str, int], version: int) -> ErasureReceipt:
    job = JobRun.objects.create(
        shop=shop, kind="erasure", status=JobRun.Status.SUCCEEDED, done=1.0, result={"rows": rows},
        created_at=now, started_at=now, finished_at=now,
    )  # fmt: skip
    return ErasureReceipt(id=job.pk, at=now, rows=rows, state_version=version)
