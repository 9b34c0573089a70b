"""The page a button was pressed on, as it would be chosen now: it fills the place of a card that was folded away."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from catalog.models import Category
from dpe_site.shop.pages import page_of
from dpe_site.shop.visitor import visitor_of
from recommender.page import Page

_SURFACES = {"home": "homepage", "item": "product", "department": "department", "search": "search", "basket": "basket"}


def pages_again(request: HttpRequest, address: str) -> Iterator[Page]:
    """The page at an address of the shop, then the one after it; none where nothing is chosen for the visitor.

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
    if surface is None or wanted is None:
        return
    page = page_of(request, surface, **wanted)
    yield page
    if page.cursor:
        yield page_of(request, surface, **wanted, cursor=page.cursor)


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
