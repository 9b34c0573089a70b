"""What shoppers are about to buy and have bought."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.ids import uuid7
from catalog.models import Item, Shop
from catalog.scoping import ShopQuerySet
from users.models.people import Shopper
from users.querysets import PersonFactQuerySet


class Basket(models.Model):
    """What a shopper is about to buy: one per shopper."""

    shopper = models.OneToOneField(Shopper, on_delete=models.CASCADE, related_name="basket", verbose_name=_("shopper"))
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("basket")
        verbose_name_plural = _("baskets")

    def __str__(self) -> str:
        return f"basket of {self.shopper_id}"


class BasketLine(models.Model):
    """An item in a basket and how many."""

    basket = models.ForeignKey(Basket, on_delete=models.CASCADE, related_name="lines", verbose_name=_("basket"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+", verbose_name=_("item"))
    quantity = models.PositiveIntegerField(_("quantity"), default=1)

    class Meta:
        verbose_name = _("basket line")
        verbose_name_plural = _("basket lines")
        constraints = [models.UniqueConstraint(fields=["basket", "item"], name="basketline_unique")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item_id}"


class Order(models.Model):
    """A (simulated) checkout."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="orders", verbose_name=_("shopper"))
    total_minor = models.BigIntegerField(_("total (minor units)"))
    currency = models.CharField(_("currency"), max_length=3)
    placed_at = models.DateTimeField(_("placed"), default=timezone.now)

    objects = PersonFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-placed_at"]

    def __str__(self) -> str:
        return str(self.id)


class OrderLine(models.Model):
    """An item bought in an order, at the price of that moment."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", verbose_name=_("order"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+", verbose_name=_("item"))
    quantity = models.PositiveIntegerField(_("quantity"))
    price_minor = models.BigIntegerField(_("price (minor units)"))

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item_id}"
