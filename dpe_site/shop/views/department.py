"""The page of one department: filters, orders, and the visitor's own order first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from catalog.models import Category
from dpe_site.shop.listing import facets_of, items_of, items_wished, listing_of
from dpe_site.shop.pages import page_of
from dpe_site.shop.reasons import listing_explained
from dpe_site.shop.views.home import page_words
from dpe_site.shop.visitor import visitor_of
from dpe_site.shop.wish import SORTS, wish_read
from users.state_rows import state_read


@require_safe
def department(request: HttpRequest, slug: str) -> HttpResponse:
    """What the department has, as far as the address narrows it, without what the visitor hid."""
    visitor, language = visitor_of(request), get_language() or "en"
    shop = visitor.shop
    row = get_object_or_404(Category.objects.of(shop), slug=slug.replace("\0", " "))
    wish = wish_read(request.GET)
    everything = items_of(shop, row)
    hidden = state_read(visitor.shopper.pk).hidden if visitor.shopper else ()
    items = everything.exclude(pk__in=hidden) if hidden else everything
    page = page_of(request, "department", department=row.pk) if wish.sort == "for_you" else None
    chosen = page.cards if page else ()
    listing = listing_of(shop, items_wished(items, wish, shop.currency), wish, [card.id for card in chosen])
    words = page_words(request, page)
    words |= {"listing": listing_explained(listing, chosen), "facets": facets_of(items, language), "wish": wish}
    if not listing.cards and hidden:
        words["hidden"] = items_wished(everything, wish, shop.currency).exists()  # what would be here else
    words |= {"department": {"name": row.name_in(language)}, "current_department": row.pk, "sorts": SORTS}
    return render(request, "shop/department.html", words)
