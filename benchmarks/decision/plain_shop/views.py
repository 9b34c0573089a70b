"""A homepage as a shop without personalisation has it: what is most popular, in the shop's own frame and cards.

Items and their facts are read as the shop's own lists read them. Nothing is decided or logged, and nothing is kept
between two requests but what the shop's templates keep on every page.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.models import Item, Shop
from dpe_site.shop.cards import cards_of
from dpe_site.shop.pages import Row
from dpe_site.shop.visitor import visitor_of
from recommender.page import Card, PageSection

FIRST_ROW = 12  # cards, as many as the homepage's first row has


@require_safe
def plain(request: HttpRequest, cards: int) -> HttpResponse:
    """The homepage's own template, with the most popular items in it."""
    return render(request, "shop/home.html", _words(request, cards))


@require_safe
def plain_drawn_anew(request: HttpRequest, cards: int) -> HttpResponse:
    """The same page with each card drawn from its template, as Django does where nobody keeps drawn cards."""
    return render(request, "plain_drawn_anew.html", _words(request, cards))


def popular_cards(shop: Shop, n: int) -> list[Card]:
    """The ``n`` most popular items that can be bought, in the order of the shop's lists."""
    items = Item.objects.of(shop).visible(timezone.now()).in_stock().for_everybody()
    return cards_of(shop, list(items.order_by("-rating_count", "-id").values_list("pk", flat=True)[:n]))


def _words(request: HttpRequest, n: int) -> dict[str, Any]:
    visitor = visitor_of(request)
    cards = tuple(popular_cards(visitor.shop, n))
    rows = [
        Row(PageSection("popular", "Popular now", "", 0, cards[:FIRST_ROW]), "row"),
        Row(PageSection("popular", "More that is popular", "", 0, cards[FIRST_ROW:]), "grid"),
    ]
    return {"page": {"impression_id": None}, "rows": rows, "kept": visitor.standing.favourites, "here": "home"}
