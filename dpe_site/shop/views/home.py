"""The homepage, its first row alone, and what comes after its end."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dpe_site.shop.hidden import hidden_of
from dpe_site.shop.pages import cursor_of, page_of, rows_of
from dpe_site.shop.strip import strip_of
from dpe_site.shop.visitor import visitor_of
from recommender.page import Page


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everything chosen for this visitor; with a cursor, what comes after the pages it tells of."""
    page = page_of(request, "homepage", cursor=cursor_of(request))
    strip = None if page.page else strip_of(request, invited="strip" in request.GET)
    words = {**page_words(request, page), "here": "home", "strip": strip}
    if not words["rows"]:
        visitor = visitor_of(request)
        words["hidden"] = hidden_of(visitor.shop, visitor.shopper).cards  # those that would be shown else
    return render(request, "shop/home.html", words)


@require_safe
def first_row(request: HttpRequest) -> HttpResponse:
    """The first row as it would be now; a page that comes back from the browser's memory asks for it."""
    return render(request, "shop/components/first_row.html", page_words(request, page_of(request, "homepage")))


@require_safe
def more(request: HttpRequest) -> HttpResponse:
    """The rows after the end of a page, to stand below it."""
    words = page_words(request, page_of(request, "homepage", cursor=cursor_of(request)))
    return render(request, "shop/components/more.html", words)


def page_words(request: HttpRequest, page: Page | None) -> dict[str, Any]:
    """What every template with decided cards needs."""
    return {"page": page, "rows": rows_of(page) if page else [], "kept": visitor_of(request).standing.favourites}
