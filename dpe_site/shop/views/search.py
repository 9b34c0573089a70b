"""Search by words and by meaning."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dpe_site.shop.deeds import search_record
from dpe_site.shop.pages import cursor_of, page_of
from dpe_site.shop.views.home import page_words
from dpe_site.shop.visitor import visitor_of

LONGEST_QUERY = 200


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What answers to the query, the likeliest for this visitor first."""
    query = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:LONGEST_QUERY]
    cursor = cursor_of(request)
    page = page_of(request, "search", query=query, cursor=cursor) if query else None
    if page and request.method == "GET" and not cursor:
        search_record(visitor_of(request), query, found=len(page.cards))
    return render(request, "shop/search.html", {**page_words(request, page), "query": query})
