"""The buttons on cards and product pages, live and without JavaScript."""

import json
from collections.abc import Iterable
from itertools import chain
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from catalog.models import Item
from dpe_site.shop.again import pages_again
from dpe_site.shop.answers import back, is_live, next_address
from dpe_site.shop.cards import cards_of
from dpe_site.shop.deeds import Place
from dpe_site.shop.feelings import FEELINGS, feelings_of
from dpe_site.shop.forms import DeedForm, Pick
from dpe_site.shop.items import brands_full, item_named, variants_among
from dpe_site.shop.views.home import page_words
from dpe_site.shop.visitor import visitor_of
from recommender.experiments.assignment import ruleset_of_arm
from recommender.models import Impression
from recommender.page import Card, Page
from recommender.store.live import serving_read

FIRST_ROW, FEEL = "first-row", "feel"  # pieces of a page, by id

_NOT_KEPT = gettext_lazy("You asked us to remember nothing, so this was not kept.")


@require_POST
def do(request: HttpRequest, code: str) -> HttpResponse:
    """Press a button."""
    return _changed(request, code, undone=False)


@require_POST
def undo(request: HttpRequest, code: str) -> HttpResponse:
    """Take it back."""
    return _changed(request, code, undone=True)


def _changed(request: HttpRequest, code: str, *, undone: bool) -> HttpResponse:
    feeling, form = FEELINGS.get(code), DeedForm(request.POST)
    if feeling is None or not form.is_valid():
        raise Http404
    said = form.cleaned_data
    visitor = visitor_of(request)
    pick = said["pick"]
    item = item_named(visitor.shop, pick.item)
    place = Place(said["surface"], said["impression"], pick.position, pick.tag)
    (feeling.undo if undone else feeling.do)(visitor, item, place)
    is_kept = visitor.may_remember or not feeling.is_memory
    has_undo = is_kept and not undone
    sentence = _("Taken back.") if undone else str(feeling.said) if is_kept else _NOT_KEPT
    if not is_live(request):
        return back(request, str(sentence), f"{code}:{_again(pick)}" if has_undo else "")
    taken_back = {"address": reverse("shop:undo", args=[code]), "pick": _again(pick)} if has_undo else None
    words = {"toast": {"text": sentence, "undo": taken_back}, "code": code}
    return _answer(request, item, said, words, hides=feeling.hides, undone=undone)


def _again(pick: Pick) -> str:
    """What the button that takes it back sends."""
    return f"{pick.item}-{pick.position or 0}-{pick.tag}" if pick.tag else str(pick.item)


def _answer(
    request: HttpRequest, item: Item, said: dict[str, Any], words: dict[str, Any], *, hides: bool, undone: bool
) -> HttpResponse:
    """The piece of the page that was pressed, the first row where it moves, and a toast.

    What was folded away is put back where it was by the page itself: a row chosen anew might not hold it.
    """
    target = request.headers.get("HX-Target", "")
    gone, at_home = hides and not undone, said["surface"] == "homepage"
    away = next_address(request, otherwise="") if gone and target != FEEL else ""
    pages = pages_again(request, reverse("shop:home") if at_home else away)
    page = None if undone and hides else next(pages, None)
    if page is not None:
        page, better = better_find(chain([page], pages), said, _brand_cap(item, page)) if gone else (page, None)
        words |= page_words(request, page)
        words |= {"moves": at_home and not gone, "row_is_target": at_home and target == FIRST_ROW, "better": better}
    else:
        words["kept"] = visitor_of(request).standing.favourites
    words |= {"target": target, "card": cards_of(item.shop, [item.pk])[0]._replace(position=said["pick"][1] or 0)}
    words["came_from"] = Place(position=said["pick"][1])
    words["feelings"] = feelings_of(visitor_of(request).shopper, item)
    response = render(request, "shop/components/deed_answer.html", words)
    signal = "dpe:restore" if undone and hides else "dpe:hide" if gone else "dpe:done"
    response.headers["HX-Trigger"] = json.dumps({signal: {"item": item.pk}})
    return response


def _brand_cap(item: Item, page: Page) -> int:
    """How many items of a brand may stand in a row, by the rules and the arm of the page."""
    ruleset = serving_read(item.shop_id).ruleset
    shown = Impression.objects.filter(pk=page.impression_id).first() if page.impression_id else None
    return ruleset_of_arm(ruleset, shown.arm if shown else "").knobs.brand_cap


def better_find(pages: Iterable[Page], said: dict[str, Any], brand_cap: int) -> tuple[Page, Card | None]:
    """The card that takes the place of one that was folded away, and its page: of the same section if one is left.

    What is on the screen already stays where it is, and no variant of it joins; the row gets no more of a brand than
    ``brand_cap``, 0 for any number. The page after the first is asked only where nothing else is left.
    """
    shown = said["shown"] | {said["pick"][0]}
    row = said["row"] - {said["pick"][0]}
    for page in pages:
        fresh = [(section.code, card) for section in page.sections for card in section.cards if card.id not in shown]
        ids = [card.id for _code, card in fresh]
        barred = variants_among(ids, shown=shown) | brands_full(ids, row=row, cap=brand_cap) if ids else set()
        fresh = [(code, card) for code, card in fresh if card.id not in barred]
        if fresh:
            return page, min(fresh, key=lambda one: one[0] != said["section"])[1]
    return page, None
