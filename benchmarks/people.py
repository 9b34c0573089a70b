"""Who visits the benchmark's shop, and what its database says about the pages they saw."""

from collections.abc import Collection
from uuid import UUID, uuid5

from django.db import connection

from benchmarks.visitors import Visitors
from catalog.models import Item, Shop
from catalog.shops import shop_named
from recommender.models import Impression, Live
from users.identity import guest_new, guest_token
from users.models import Shopper

_NAMESPACE = UUID("6f0d3a8e-52b1-4a53-9d0c-1f6f0a3f7c11")
_LEAST_FACTS = 5


def known_visitors(port: int, shop_code: str) -> Visitors:
    """The generated shoppers who have done something, each with a browser that holds their guest's key."""
    shop = shop_named(shop_code)
    known = Shopper.objects.of(shop).filter(
        synthetic=True, merged_into=None, state__recent_items__len__gte=_LEAST_FACTS
    )
    shoppers = list(known.order_by("pk"))
    keys = [uuid5(_NAMESPACE, shopper.external_id) for shopper in shoppers]
    for shopper, key in zip(shoppers, keys, strict=True):
        shopper.guest_key = key
    Shopper.objects.bulk_update(shoppers, ["guest_key"], batch_size=500)
    return Visitors(port, [guest_token(shop.pk, key) for key in keys], _items(shop))


def new_visitors(port: int, shop_code: str, count: int) -> Visitors:
    """Guests nobody has met."""
    shop = shop_named(shop_code)
    tokens = [guest_token(shop.pk, key) for _ in range(count) if (key := guest_new().guest_key)]
    return Visitors(port, tokens, _items(shop))


def bundle_check(shop_code: str) -> None:
    """Nothing, if the shop's pages are decided with a trained bundle.

    Raises:
        LookupError: no bundle serves; pages without one would be quick and say nothing.
    """
    if not Live.objects.filter(shop=shop_named(shop_code), bundle__isnull=False).exists():
        raise LookupError("No bundle serves this shop: read why above, or promote one with `manage.py promote`.")


def degraded_count(pages: Collection[UUID]) -> int:
    """How many of the pages were made with a fallback or without a bundle."""
    shown = Impression.objects.filter(pk__in=pages)
    return len(set(pages)) - shown.filter(degraded="", bundle_id__isnull=False).count()


def versions_of(pages: Collection[UUID]) -> dict[UUID, int]:
    """Version of the shopper's state that each page was decided with."""
    return dict(Impression.objects.filter(pk__in=pages).values_list("pk", "state_version"))


def log_bytes(pages: Collection[UUID]) -> list[int]:
    """Size of the request log of each page."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(payload) FROM recommender_requestlog WHERE impression = ANY(%s)", [list(pages)])
        return [size for (size,) in cursor.fetchall()]


def _items(shop: Shop) -> list[str]:
    return list(Item.objects.of(shop).order_by("pk").values_list("external_id", flat=True))
