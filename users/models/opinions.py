"""What shoppers look for, think of items and keep."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.ids import uuid7
from catalog.models import Item, Shop
from users.models.people import Shopper
from users.querysets import PersonFactQuerySet


class Search(models.Model):
    """What a shopper looked for."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    shopper = models.ForeignKey(
        Shopper, null=True, blank=True, on_delete=models.CASCADE, related_name="searches", verbose_name=_("shopper")
    )
    query = models.CharField(_("query"), max_length=300)
    language = models.CharField(_("language"), max_length=16, blank=True)
    found = models.PositiveIntegerField(_("found"), default=0)
    at = models.DateTimeField(_("when"), default=timezone.now)

    objects = PersonFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("search")
        verbose_name_plural = _("searches")

    def __str__(self) -> str:
        return self.query


class Review(models.Model):
    """A shopper's rating and words about an item."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="reviews", verbose_name=_("shopper"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="reviews", verbose_name=_("item"))
    rating = models.PositiveSmallIntegerField(_("rating"))
    text = models.TextField(_("text"), blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    at = models.DateTimeField(_("when"), default=timezone.now)

    objects = PersonFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        constraints = [models.UniqueConstraint(fields=["shopper", "item"], name="review_unique")]

    def __str__(self) -> str:
        return f"{self.rating}/5 {self.item_id}"


class Favourite(models.Model):
    """An item a shopper keeps."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="favourites", verbose_name=_("shopper"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+", verbose_name=_("item"))
    at = models.DateTimeField(_("when"), default=timezone.now)

    objects = PersonFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("favourite")
        verbose_name_plural = _("favourites")
        constraints = [models.UniqueConstraint(fields=["shopper", "item"], name="favourite_unique")]

    def __str__(self) -> str:
        return str(self.item_id)
