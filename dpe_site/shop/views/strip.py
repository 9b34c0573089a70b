"""Taps on the strip of pictures."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from dpe_site.shop.answers import back, is_live
from dpe_site.shop.cards import cards_of
from dpe_site.shop.deeds import Place, deed_record, deed_undo
from dpe_site.shop.forms import DeedForm
from dpe_site.shop.items import item_named
from dpe_site.shop.pages import page_of
from dpe_site.shop.strip import COOKIE, DONE, Strip, picture_ids, taken_keep, taken_of
from dpe_site.shop.views.home import page_words
from dpe_site.shop.visitor import YEAR_SECONDS, visitor_of
from users.kinds import Kind

PLACE = Place(surface="strip")


@require_POST
def tap(request: HttpRequest) -> HttpResponse:
    """Like a picture, or no longer like it; the first row follows at once."""
    visitor = visitor_of(request)
    form = DeedForm(request.POST)
    if not form.is_valid():
        return back(request)
    item = item_named(visitor.shop, form.cleaned_data["pick"][0])
    taken = taken_of(request)
    (deed_undo if item.pk in taken else deed_record)(visitor, Kind.LIKE, item, PLACE)
    taken ^= {item.pk}
    response = _answer(request, taken) if is_live(request) else back(request)
    taken_keep(response, taken)
    return response


@require_POST
def skip(request: HttpRequest) -> HttpResponse:
    """Never ask again."""
    response = HttpResponse() if is_live(request) else back(request)
    response.set_cookie(COOKIE, DONE, max_age=YEAR_SECONDS, httponly=True, samesite="Lax")
    return response


def _answer(request: HttpRequest, taken: frozenset[int]) -> HttpResponse:
    shop = visitor_of(request).shop
    strip = Strip(cards_of(shop, picture_ids(shop)), taken)
    words = page_words(request, page_of(request, "homepage"))
    return render(request, "shop/components/strip_answer.html", {**words, "strip": strip if strip.left else None})
