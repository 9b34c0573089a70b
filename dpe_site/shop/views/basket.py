"""Basket, checkout and the order that comes of it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.models import Item
from dpe_site.shop.answers import is_live
from dpe_site.shop.deeds import Place, remembered, shopper_met
from dpe_site.shop.forms import MOST_PIECES, BasketForm, CheckoutForm
from dpe_site.shop.items import item_named
from dpe_site.shop.pages import page_of
from dpe_site.shop.sums import lines_of, total_of
from dpe_site.shop.views.home import page_words
from dpe_site.shop.visitor import Visitor, visitor_of
from users.baskets import CheckoutRefused, basket_add, basket_lines, basket_remove, basket_set
from users.baskets import checkout as order_place
from users.models import BasketLine, Order


@require_safe
def basket(request: HttpRequest) -> HttpResponse:
    """What is about to be bought, and what goes with it."""
    words = {**page_words(request, page_of(request, "basket")), **_basket_words(visitor_of(request))}
    words |= {"editable": True, "quantities": range(1, MOST_PIECES + 1), "here": "basket"}
    return render(request, "shop/basket.html", words)


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put pieces of an item into the basket, at most as many as a line may hold."""
    item, said = _wanted(request)
    visitor = visitor_of(request)
    shopper = shopper_met(visitor)
    place = Place("product", said["impression"], said["position"])
    room = MOST_PIECES - sum(row.quantity for row in basket_lines(shopper) if row.item_id == item.pk)
    if room > 0 and item.in_stock:
        quantity = min(room, said["quantity"])
        basket_add(
            shopper=shopper, item=item, at=timezone.now(), quantity=quantity, **remembered(visitor, shopper, place)
        )
        sentence = _("In the basket.")
    else:
        sentence = _("There is no more of it than what you have.")
    if not is_live(request):
        messages.success(request, sentence)
        return redirect("shop:basket")
    words = {"basket_count": visitor.standing.basket, "toast": {"text": sentence}}
    return render(request, "shop/components/basket_answer.html", words)


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Set how many pieces of an item are wanted."""
    item, said = _wanted(request)
    visitor = visitor_of(request)
    if visitor.shopper:
        basket_set(
            shopper=visitor.shopper,
            item=item,
            quantity=said["quantity"],
            at=timezone.now(),
            remember=visitor.may_remember,
        )
    return redirect("shop:basket")


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Take an item out; a hidden one can be taken out too."""
    visitor = visitor_of(request)
    form = BasketForm(request.POST)
    if visitor.shopper and form.is_valid():
        item = get_object_or_404(Item.objects.of(visitor.shop), pk=form.cleaned_data["item"])
        basket_remove(shopper=visitor.shopper, item=item, at=timezone.now(), remember=visitor.may_remember)
    return redirect("shop:basket")


@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """A rehearsed purchase: the address is checked and forgotten, the order is a fact."""
    visitor = visitor_of(request)
    words = _basket_words(visitor)
    if visitor.shopper is None or not words["lines"]:
        return redirect("shop:basket")
    form = CheckoutForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            placed = order_place(
                shopper=visitor.shopper, at=timezone.now(), session=visitor.visit, remember=visitor.may_remember
            )
            return redirect("shop:order", placed.pk)
        except CheckoutRefused as refusal:
            form.add_error(None, str(refusal))
    return render(request, "shop/checkout.html", {**words, "form": form, "here": "basket"})


@require_safe
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The person's own order, also one from before they signed in."""
    visitor = visitor_of(request)
    orders = Order.objects.of(visitor.shop)
    mine = orders.of_person(visitor.shopper.pk) if visitor.shopper else orders.none()
    row = get_object_or_404(mine.prefetch_related("lines"), pk=order_id)
    lines = lines_of(visitor.shop, [(line.item_id, line.quantity, line.price_minor) for line in row.lines.all()])
    return render(request, "shop/order.html", {"order": row, "lines": lines, "total": total_of(visitor.shop, lines)})


def _wanted(request: HttpRequest) -> tuple[Item, dict[str, Any]]:
    form = BasketForm(request.POST)
    item = item_named(visitor_of(request).shop, form.cleaned_data["item"] if form.is_valid() else 0)
    return item, form.cleaned_data


def _basket_words(visitor: Visitor) -> dict[str, Any]:
    rows: list[BasketLine] = list(basket_lines(visitor.shopper)) if visitor.shopper else []
    lines = lines_of(visitor.shop, [(row.item_id, row.quantity, None) for row in rows])
    return {"lines": lines, "total": total_of(visitor.shop, lines)}
