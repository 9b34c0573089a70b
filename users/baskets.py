"""Basket and (simulated) checkout; each change is an interaction too."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F, QuerySet

from catalog.ids import uuid7_at
from catalog.models import Item
from users.interactions import NewInteraction, interaction_record, interactions_record
from users.kinds import Kind
from users.models import Basket, BasketLine, Order, OrderLine, Shopper

MAX_QUANTITY = 999


class CheckoutRefused(ValueError):
    """An order that cannot be placed; the message says why and what would help."""


def basket_lines(shopper: Shopper) -> QuerySet[BasketLine]:
    """Lines of the shopper's basket in the order they were added."""
    return BasketLine.objects.filter(basket__shopper=shopper).select_related("item").order_by("pk")


@transaction.atomic
def basket_add(*, shopper: Shopper, item: Item, at: datetime, quantity: int = 1) -> BasketLine:
    """Put some more of an item into the basket.

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
    interaction_record(shopper=shopper, kind=Kind.CART, at=at, item=item, quantity=quantity, **_priced(item))
    return line


@transaction.atomic
def basket_set(*, shopper: Shopper, item: Item, quantity: int, at: datetime) -> None:
    """Make a line hold exactly ``quantity``; 0 takes it out.

    Raises:
        ValueError: more than 999.
    """
    line = BasketLine.objects.filter(basket=_basket_locked(shopper), item=item).first()
    present = line.quantity if line else 0
    if quantity > present:
        basket_add(shopper=shopper, item=item, at=at, quantity=quantity - present)
    elif line and quantity <= 0:
        line.delete()
        interaction_record(shopper=shopper, kind=Kind.REMOVE, at=at, item=item, quantity=present, **_priced(item))
    elif line and quantity < present:
        BasketLine.objects.filter(pk=line.pk).update(quantity=quantity)


def basket_remove(*, shopper: Shopper, item: Item, at: datetime) -> None:
    """Take an item out of the basket."""
    basket_set(shopper=shopper, item=item, quantity=0, at=at)


@transaction.atomic
def checkout(*, shopper: Shopper, at: datetime, session: str = "") -> Order:
    """Turn the basket into an order: stock falls, prices are kept, each line is a purchase, the basket is empty.

    Raises:
        CheckoutRefused: the basket is empty, or an item is gone, has no price or is not in stock in that number.
    """
    lines = list(basket_lines(shopper).filter(basket=_basket_locked(shopper)))
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
    purchases = [_purchase(line, items[line.item_id], order, session) for line in lines]
    interactions_record(shopper=shopper, interactions=purchases, now=at)
    BasketLine.objects.filter(pk__in=[line.pk for line in lines]).delete()
    return order


def _basket_locked(shopper: Shopper) -> Basket:
    Basket.objects.get_or_create(shopper=shopper, defaults={"shop_id": shopper.shop_id})
    return Basket.objects.select_for_update().get(shopper=shopper)


def _items_locked(item_ids: list[int]) -> QuerySet[Item]:
    return Item.objects.filter(pk__in=item_ids).order_by("pk").select_for_update(no_key=True)


def _refuse_unless_sellable(lines: list[BasketLine], items: dict[int, Item], at: datetime) -> None:
    if not lines:
        raise CheckoutRefused("The basket is empty: put something into it first.")
    visible = set(Item.objects.filter(pk__in=items).visible(at).values_list("pk", flat=True))
    for line in lines:
        item = items[line.item_id]
        if item.pk not in visible or item.price_minor is None:
            raise CheckoutRefused(f"{item.external_id} is not sold any more: take it out of the basket.")
        if item.stock is not None and item.stock < line.quantity:
            raise CheckoutRefused(f"Of {item.external_id} only {max(item.stock, 0)} are left: order fewer.")


def _purchase(line: BasketLine, item: Item, order: Order, session: str) -> NewInteraction:
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
    )


def _price(item: Item) -> int:
    """The price of an item that was found sellable."""
    return item.price_minor or 0


def _priced(item: Item) -> dict[str, Any]:
    return {"price_minor": item.price_minor, "currency": item.currency or item.shop.currency}
