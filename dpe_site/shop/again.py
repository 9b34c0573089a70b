"""The page a button was pressed on, as it would be chosen now: it fills the place of a card that was folded away."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import Resolver404, resolve

from catalog.models import Category, Item
from dpe_site.shop.listing import items_wished
from dpe_site.shop.pages import page_of
from dpe_site.shop.visitor import visitor_of
from dpe_site.shop.wish import Wish, wish_read
from recommender.page import Page

_SURFACES = {"home": "homepage", "item": "product", "department": "department", "search": "search", "basket": "basket"}


def pages_again(request: HttpRequest, address: str) -> Iterator[Page]:
    """The page at an address of the shop, then the one after it; none where nothing is chosen for the visitor.

    A department's list is chosen for them at its beginning alone; further on it holds what the beginning has shown.

    Args:
        request: the press of the button.
        address: where it was pressed, path and query.
    """
    parts = urlsplit(address)
    try:
        match = resolve(parts.path)
    except Resolver404:
        return
    surface = _SURFACES.get(match.url_name or "") if match.app_name == "shop" else None
    wanted = _wanted(request, surface, match.kwargs, parts.query) if surface else None
    wish = wish_read(QueryDict(parts.query))
    if surface is None or wanted is None or (surface == "department" and wish.page > 1):
        return
    page = page_of(request, surface, **wanted)
    yield _fitting(request, page, wish, wanted)
    if page.cursor:
        yield _fitting(request, page_of(request, surface, **wanted, cursor=page.cursor), wish, wanted)


def _fitting(request: HttpRequest, page: Page, wish: Wish, wanted: dict[str, Any]) -> Page:
    """The page without the cards that the filter of a department's list leaves out."""
    if "department" not in wanted or not wish.narrows:
        return page
    shop = visitor_of(request).shop
    items = items_wished(Item.objects.of(shop).filter(pk__in=[card.id for card in page.cards]), wish, shop.currency)
    fitting = set(items.values_list("pk", flat=True))
    kept = [tuple(card for card in section.cards if card.id in fitting) for section in page.sections]
    sections = tuple(replace(section, cards=cards) for section, cards in zip(page.sections, kept, strict=True))
    return replace(page, sections=sections)


def _wanted(request: HttpRequest, surface: str, named: dict[str, Any], query: str) -> dict[str, Any] | None:
    """What ``homepage_page`` is asked for on a surface; None where it is nothing we have."""
    if surface == "product":
        return {"anchor_item": named["item_id"]}
    if surface == "search":
        typed = " ".join(parse_qs(query).get("q", [""])[0].replace("\x00", " ").split())
        return {"query": typed[:200]} if typed else None
    if surface == "department":
        row = Category.objects.of(visitor_of(request).shop).filter(slug=named["slug"]).first()
        return {"department": row.pk} if row else None
    return {}
