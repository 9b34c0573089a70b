"""The page of one item."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.models import Item
from dpe_site.shop.cards import cards_of
from dpe_site.shop.deeds import Place, view_record
from dpe_site.shop.feelings import feelings_of
from dpe_site.shop.forms import LARGEST_POSITION, MOST_PIECES, ReviewForm
from dpe_site.shop.items import item_named
from dpe_site.shop.pages import page_of
from dpe_site.shop.reviews import review_form
from dpe_site.shop.views.home import page_words
from dpe_site.shop.visitor import visitor_of
from users.models import Review

REVIEWS = 8
FEW = 3


@require_safe
def product(request: HttpRequest, item_id: int) -> HttpResponse:
    """The item, what is like it, and what others say; looking at it is a fact unless the browser only prefetches."""
    visitor = visitor_of(request)
    item = item_named(visitor.shop, item_id)
    place = _came_from(request)
    if request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        view_record(visitor, item, place)
    return product_page(request, item, place, review_form(visitor, item))


def product_page(request: HttpRequest, item: Item, place: Place, form: ReviewForm | None) -> HttpResponse:
    """The page as it stands; ``form`` is the review form of somebody who may write one."""
    page = page_of(request, "product", anchor_item=item.pk)
    words = {**page_words(request, page), **_item_words(item), "came_from": place}
    words |= {"feelings": feelings_of(visitor_of(request).shopper, item), "review_form": form}
    return render(request, "shop/product.html", words)


def _came_from(request: HttpRequest) -> Place:
    """The card that was clicked, as its link says."""
    try:
        impression = UUID(request.GET["i"])
        position = int(request.GET["p"])
    except (KeyError, ValueError):
        return Place(surface="product")
    known = 0 <= position <= LARGEST_POSITION
    return Place(surface="product", impression=impression, position=position if known else None)


def _item_words(item: Item) -> dict[str, Any]:
    language = get_language() or "en"
    return {
        "card": cards_of(item.shop, [item.pk])[0],
        "pictures": list(item.media.all()),
        "department": _department(item, language),
        "current_department": item.department_id,
        "facts": _facts(item, language),
        "in_stock": item.in_stock and item.price_minor is not None,
        "few_left": item.stock is not None and item.stock <= FEW,
        "n": item.stock,
        "quantities": range(1, min(MOST_PIECES, item.stock or MOST_PIECES) + 1),
        "reviews": list(Review.objects.of(item.shop_id).filter(item=item).order_by("-at")[:REVIEWS]),
    }


def _department(item: Item, language: str) -> dict[str, str] | None:
    if item.department is None:
        return None
    return {"slug": item.department.slug, "name": item.department.name_in(language)}


def _facts(item: Item, language: str) -> list[tuple[str, str]]:
    """What the catalogue says about the item in words a shopper can use."""
    tags = ", ".join(str(tag.names.get(language) or tag.name) for tag in item.tags.all())
    facts = [(_("Brand"), item.brand.name if item.brand else "")]
    facts.append((_("Kind"), item.category.name_in(language) if item.category else ""))
    facts.append((_("Made of, made for"), tags))
    return [(name, value) for name, value in facts if value]
