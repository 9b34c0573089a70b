"""Basket and (simulated) checkout; each change is an interaction too.

With ``remember=False``, for somebody who allowed nothing to be remembered, the basket works and no interaction is
written.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from catalog.ids import uuid7_at
from catalog.models import Item
from users.interactions import NewInteraction, interaction_record, interactions_record
from users.kinds import Kind
from users.models import Basket, BasketLine, Interaction, Order, OrderLine, Shopper
from users.shoppers import shopper_locked
from users.wishes import page_renew

MAX_QUANTITY = 999


class CheckoutRefused(ValueError):
    """An order that cannot be placed; the message says why and what would help."""


def basket_lines(shopper: Shopper) -> QuerySet[BasketLine]:
    """Lines of the shopper's basket in the order they were added."""
    return BasketLine.objects.filter(basket__shopper=shopper).select_related("item").order_by("pk")


@transaction.atomic
def basket_add(
    *, shopper: Shopper, item: Item, at: datetime, quantity: int = 1, remember: bool = True, **details: Any
) -> BasketLine:
    """Put some more of an item into the basket.

    Args:
        shopper: whose basket it is.
        item: what is put in.
        at: when.
        quantity: how many more.
        remember: whether it becomes an interaction too.
        details: where it was done, as further fields of ``NewInteraction``: impression, position, surface, session.

    Raises:
        ValueError: the line would hold less than 1 or more than 999.
    """
    basket = _basket_locked(shopper)
    line = BasketLine.objects.filter(basket=basket, item=item).first() or BasketLine(
        basket=basket, item=item, quantity=0
    )
    line.quantity += quantity
    if quantity < 1 or line.quantity > MAX_QUANTITY:
        raise ValueError(f"A basket line holds 1 to {MAX_QUANTITY}, not {quantity if quantity < 1 else line.quantity}.")
    line.save()
    _note(shopper, Kind.CART, item, at, remember=remember, quantity=quantity, **details)
    return line


@transaction.atomic
def basket_set(*, shopper: Shopper, item: Item, quantity: int, at: datetime, remember: bool = True) -> None:
    """Make a line hold exactly ``quantity``; 0 takes it out.

    Raises:
        ValueError: more than 999.
    """
    line = BasketLine.objects.filter(basket=_basket_locked(shopper), item=item).first()
    present = line.quantity if line else 0
    if quantity > present:
        basket_add(shopper=shopper, item=item, at=at, quantity=quantity - present, remember=remember)
    elif line and quantity <= 0:
        line.delete()
        _note(shopper, Kind.REMOVE, item, at, remember=remember, quantity=present)
    elif line and quantity < present:
        BasketLine.objects.filter(pk=line.pk).update(quantity=quantity)


def basket_remove(*, shopper: Shopper, item: Item, at: datetime, remember: bool = True) -> None:
    """Take an item out of the basket."""
    basket_set(shopper=shopper, item=item, quantity=0, at=at, remember=remember)


@transaction.atomic
def checkout(*, shopper: Shopper, at: datetime, session: str = "", remember: bool = True) -> Order:
    """Turn the basket into an order: stock falls, prices are kept, each line is a purchase, the basket is empty.

    A purchase names the page from which its item was put into the basket.

    Raises:
        CheckoutRefused: the basket is empty, or an item is gone, has no price or is not in stock in that number.
    """
    basket = _basket_locked(shopper)
    shopper = basket.shopper
    lines = list(basket_lines(shopper))
    items = {item.pk: item for item in _items_locked([line.item_id for line in lines])}
    _refuse_unless_sellable(lines, items, at)
    order = Order.objects.create(
        id=uuid7_at(at, "order", uuid4().hex),
        shop_id=shopper.shop_id,
        shopper=shopper,
        total_minor=sum(_price(items[line.item_id]) * line.quantity for line in lines),
        currency=shopper.shop.currency,
        placed_at=at,
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order, item=items[line.item_id], quantity=line.quantity, price_minor=_price(items[line.item_id])
        )
        for line in lines
    )
    for line in lines:
        Item.objects.filter(pk=line.item_id, stock__isnull=False).update(stock=F("stock") - line.quantity)
    if remember:
        origins = _origins(shopper, items)
        purchases = [
            _purchase(line, items[line.item_id], order, session, origins.get(line.item_id, {})) for line in lines
        ]
        interactions_record(shopper=shopper, interactions=purchases, now=at)
    else:
        page_renew(shopper=shopper, at=at)
    BasketLine.objects.filter(pk__in=[line.pk for line in lines]).delete()
    return order


def _basket_locked(shopper: Shopper) -> Basket:
    """The basket of the shopper, or of whom it was merged into meanwhile; no merge comes between until the end."""
    shopper = shopper_locked(shopper)
    Basket.objects.get_or_create(shopper=shopper, defaults={"shop_id": shopper.shop_id})
    return Basket.objects.select_for_update(of=["self"]).select_related("shopper__shop").get(shopper=shopper)


def _note(shopper: Shopper, kind: Kind, item: Item, at: datetime, *, remember: bool, **details: Any) -> None:
    if remember:
        interaction_record(shopper=shopper, kind=kind, at=at, item=item, **_priced(item), **details)
    else:
        page_renew(shopper=shopper, at=at)


def _origins(shopper: Shopper, item_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Impression and position from which each item was last put into the basket, where known.

    What was put in before the item was taken out or bought says nothing about what is in the basket now.
    """
    mine = Interaction.objects.of(shopper.shop_id).of_person(shopper.pk)
    deeds = mine.filter(item_id__in=item_ids, kind__in=(Kind.CART, Kind.REMOVE, Kind.PURCHASE))
    found: dict[int, dict[str, Any]] = {}
    fields = ("item_id", "kind", "impression", "position")
    for item_id, kind, impression, position in deeds.order_by("occurred_at", "pk").values_list(*fields):
        if kind != Kind.CART:
            found.pop(item_id, None)
        elif impression is not None:
            found[item_id] = {"impression": impression, "position": position}
    return found


def _items_locked(item_ids: list[int]) -> QuerySet[Item]:
    return Item.objects.filter(pk__in=item_ids).order_by("pk").select_for_update(no_key=True)


def _refuse_unless_sellable(lines: list[BasketLine], items: dict[int, Item], at: datetime) -> None:
    if not lines:
        raise CheckoutRefused(_("The basket is empty: put something into it first."))
    visible = set(Item.objects.filter(pk__in=items).visible(at).values_list("pk", flat=True))
    for line in lines:
        item = items[line.item_id]
        if item.pk not in visible or item.price_minor is None:
            raise CheckoutRefused(
                _("“%(item)s” is not sold any more: take it out of the basket.") % {"item": _title(item)}
            )
        if item.stock is not None and item.stock < line.quantity:
            left = max(item.stock, 0)
            words = ngettext(
                "Of “%(item)s” only %(n)d is left: order fewer.",
                "Of “%(item)s” only %(n)d are left: order fewer.",
                left,
            )
            raise CheckoutRefused(words % {"item": _title(item), "n": left})


def _title(item: Item) -> str:
    """What the shopper calls the item: its title in the language of the page, else any, else its id in the shop."""
    titles = dict(item.texts.order_by("language").values_list("language", "title"))
    return titles.get(get_language() or "") or next(iter(titles.values()), "") or item.external_id


def _purchase(line: BasketLine, item: Item, order: Order, session: str, origin: Mapping[str, Any]) -> NewInteraction:
    return NewInteraction(
        id=uuid7_at(order.placed_at, "purchase", str(order.pk), str(item.pk)),
        kind=Kind.PURCHASE,
        occurred_at=order.placed_at,
        item_id=item.pk,
        quantity=line.quantity,
        order=str(order.pk),
        session=session,
        surface="checkout",
        **_priced(item),
        **origin,
    )


def _price(item: Item) -> int:
    """The price of an item that was found sellable."""
    return item.price_minor or 0


def _priced(item: Item) -> dict[str, Any]:
    return {"price_minor": item.price_minor, "currency": item.currency or item.shop.currency}
