"""Writing about an item that was bought."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dpe_site.shop.deeds import Place
from dpe_site.shop.items import item_named
from dpe_site.shop.reviews import review_form
from dpe_site.shop.views.product import product_page
from dpe_site.shop.visitor import visitor_of
from users.reviews import review_write


@require_POST
def write(request: HttpRequest, item_id: int) -> HttpResponse:
    """Keep the review and show it; what is wrong with it is said beside the form."""
    visitor = visitor_of(request)
    item = item_named(visitor.shop, item_id)
    form = review_form(visitor, item, request.POST)
    if visitor.shopper is None or form is None:
        messages.error(request, _("Whoever has bought it can write about it."))
    elif not form.is_valid():
        return product_page(request, item, Place(surface="product"), form)
    else:
        review_write(
            shopper=visitor.shopper,
            item=item,
            at=timezone.now(),
            language=get_language() or "",
            remember=visitor.may_remember,
            **form.cleaned_data,
        )
        messages.success(request, _("Thank you for your words."))
    return redirect(reverse("shop:item", args=[item.pk]) + "#reviews")
