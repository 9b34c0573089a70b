"""Why a card is there: the true cause, the pictures that caused it, and buttons that undo it."""

from http import HTTPStatus
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from dpe_site.shop.answers import is_live
from dpe_site.shop.visitor import visitor_of
from recommender.homepage import page_shown


@require_safe
def why(request: HttpRequest) -> HttpResponse:
    """The sheet for one card of a page that this visitor was shown; where the page is gone, a way to today's."""
    visitor = visitor_of(request)
    try:
        impression, position = UUID(request.GET["i"]), int(request.GET["p"])
    except (KeyError, ValueError) as error:
        raise Http404 from error
    page = page_shown(
        shop=visitor.shop,
        shopper=visitor.shopper,
        impression_id=impression,
        language=get_language() or "en",
        now=timezone.now(),
    )
    card = next((card for card in page.cards if card.position == position), None) if page else None
    words = {"card": card, "surface": page.surface if page else ""}
    if is_live(request):
        return render(request, "shop/components/why.html", words)  # htmx shows no error's body
    return render(request, "shop/why.html", words, status=200 if card else HTTPStatus.GONE)
