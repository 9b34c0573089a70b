"""What the shopper keeps."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dpe_site.shop.cards import cards_of
from dpe_site.shop.visitor import visitor_of
from users.favourites import favourites as favourites_of


@require_safe
def favourites(request: HttpRequest) -> HttpResponse:
    """The hearts, the latest first."""
    visitor = visitor_of(request)
    ids = list(favourites_of(visitor.shopper).values_list("item_id", flat=True)) if visitor.shopper else []
    words = {"cards": cards_of(visitor.shop, ids), "kept": frozenset(ids), "here": "favourites"}
    return render(request, "shop/favourites.html", words)
