"""What shoppers did, event by event."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.ids import uuid7
from catalog.models import Item, Shop
from catalog.scoping import ShopQuerySet
from users.kinds import Kind
from users.models.people import Shopper
from users.querysets import PersonFactQuerySet

KIND_CHOICES = [
    (Kind.VIEW, _("view")),
    (Kind.CLICK, _("click")),
    (Kind.DWELL, _("dwell")),
    (Kind.LIKE, _("like")),
    (Kind.DISLIKE, _("dislike")),
    (Kind.UNDO, _("undo")),
    (Kind.FAVOURITE, _("favourite")),
    (Kind.CART, _("cart")),
    (Kind.REMOVE, _("remove")),
    (Kind.PURCHASE, _("purchase")),
    (Kind.RETURN, _("return")),
    (Kind.RATE, _("rate")),
    (Kind.SEARCH, _("search")),
    (Kind.SHARE, _("share")),
]


class Interaction(models.Model):
    """Something a shopper did. Append-only; the table is partitioned by month of its id (see the migration)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shop = models.ForeignKey(
        Shop, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False, verbose_name=_("shop")
    )
    shopper = models.ForeignKey(
        Shopper, on_delete=models.CASCADE, related_name="interactions", db_index=False, verbose_name=_("shopper")
    )
    item = models.ForeignKey(
        Item,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="interactions",
        db_index=False,
        verbose_name=_("item"),
    )
    kind = models.PositiveSmallIntegerField(_("kind"), choices=KIND_CHOICES)
    occurred_at = models.DateTimeField(_("occurred"))
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    quantity = models.IntegerField(_("quantity"), default=1)
    price_minor = models.BigIntegerField(_("price (minor units)"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    order = models.CharField(_("order"), max_length=64, blank=True)
    session = models.CharField(_("session"), max_length=64, blank=True)
    search = models.UUIDField(_("search"), null=True, blank=True)
    surface = models.CharField(_("surface"), max_length=40, blank=True)
    impression = models.UUIDField(_("impression"), null=True, blank=True)
    position = models.SmallIntegerField(_("position on the page"), null=True, blank=True)
    value = models.FloatField(_("value"), null=True, blank=True, help_text=_("Rating, or seconds of dwell."))
    consent_version = models.PositiveIntegerField(_("consent version"), default=0)
    undoes = models.UUIDField(_("undoes"), null=True, blank=True, help_text=_("For undo: the interaction taken back."))

    objects = PersonFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("interaction")
        verbose_name_plural = _("interactions")
        indexes = [
            models.Index(fields=["shopper", "-id"], name="interaction_shopper"),
            models.Index(fields=["item", "-id"], name="interaction_item"),
            models.Index(
                fields=["impression"], name="interaction_impression", condition=models.Q(impression__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{Kind(self.kind).word} {self.item_id}"


class EventReceipt(models.Model):
    """Proof that a client's event was taken: makes a repeated batch harmless. Primary key (shop, client id)."""

    pk = models.CompositePrimaryKey("shop_id", "client_id")
    shop = models.ForeignKey(
        Shop, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False, verbose_name=_("shop")
    )
    client_id = models.UUIDField(_("client id"))
    shopper = models.ForeignKey(
        Shopper, on_delete=models.CASCADE, related_name="+", db_index=True, verbose_name=_("shopper")
    )
    interaction = models.UUIDField(_("interaction"))
    received_at = models.DateTimeField(_("received"), default=timezone.now)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("event receipt")
        verbose_name_plural = _("event receipts")
        indexes = [models.Index(fields=["received_at"], name="receipt_age")]

    def __str__(self) -> str:
        return str(self.client_id)
