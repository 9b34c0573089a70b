"""What stands around every page: shop, departments, basket count, addresses of buttons."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.cache import cache, caches
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.models import Category, Item, Media, Shop
from dpe_site.shop.visitor import visitor_of

DEPARTMENTS_SECONDS = 300
SCRIPTS = tuple(f"shop/js/{name}.js" for name in ("row", "seen", "sheet", "toast", "offline", "forms", "focus"))
CODES = ("favourite", "like", "not_interested", "not_this_kind", "ignore_item", "own_it", "gift")


@dataclass(frozen=True)
class Department:
    """A department as menus and tiles show it."""

    id: int
    slug: str
    name: str
    picture: str


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor of the shop's pages; the admin and the API get nothing and pay nothing."""
    if request.path.startswith(("/admin/", "/api/")):
        return {}
    visitor = visitor_of(request)
    try:
        shop = visitor.shop
    except Http404:
        return {"shop": {"name": "DPE"}}
    return {
        "shop": shop,
        "departments": departments_of(shop, get_language() or "en"),
        "basket_count": visitor.standing.basket,
        "ask_consent": visitor.must_ask,
        "events_url": reverse("api:events") if visitor.shopper else "",
        **_addresses(get_script_prefix()),
        "say": {"why": _("Why this?"), "not_for_me": _("Not for me"), "favourite": _("Favourite")},
        "scripts": SCRIPTS,
    }


@lru_cache(maxsize=4)
def _addresses(_prefix: str) -> dict[str, Any]:
    """Addresses of what every card and its buttons lead to; the same for everybody below one prefix."""
    return {
        "item_url": reverse("shop:items"),
        "why_url": reverse("shop:why"),
        "do": {code: reverse("shop:do", args=[code]) for code in CODES},
        "undo": {code: reverse("shop:undo", args=[code]) for code in CODES},
    }


def departments_of(shop: Shop, language: str) -> list[Department]:
    """Departments in the shop's order with a picture each, kept for five minutes, by each process for one more."""
    key = f"departments:{shop.pk}:{language}"
    rows = caches["process"].get(key)
    if rows is None:
        rows = cache.get(key)
        if rows is None:
            rows = _departments_read(shop, language)
            cache.set(key, rows, DEPARTMENTS_SECONDS)
        caches["process"].set(key, rows)
    return [Department(*row) for row in rows]


def _departments_read(shop: Shop, language: str) -> list[list[Any]]:
    first = Item.objects.filter(department=OuterRef("pk"), media__isnull=False).order_by("-rating_count", "pk")
    departments = list(Category.objects.of(shop).filter(parent=None).annotate(item=Subquery(first.values("pk")[:1])))
    pictures = Media.objects.of(shop).filter(item__in=[row.item for row in departments if row.item], position=0)
    path_of = dict(pictures.values_list("item_id", "path"))
    return [[row.pk, row.slug, row.name_in(language), path_of.get(row.item, "")] for row in departments]
