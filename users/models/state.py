"""What is kept of a shopper with every event, for the next decision."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Shop
from catalog.scoping import ShopQuerySet
from users.models.people import Shopper


class ShopperState(models.Model):
    """What a decision needs to know about a shopper, kept with every event: one row read per request."""

    shopper = models.OneToOneField(
        Shopper, primary_key=True, on_delete=models.CASCADE, related_name="state", verbose_name=_("shopper")
    )
    shop = models.ForeignKey(
        Shop, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False, verbose_name=_("shop")
    )
    version = models.PositiveBigIntegerField(_("version"), default=0)
    recent_items = ArrayField(
        models.BigIntegerField(), verbose_name=_("recent items"), default=list, help_text=_("Last 100, oldest first.")
    )
    recent_kinds = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("recent kinds"), default=list)
    recent_times = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("recent times"),
        default=list,
        help_text=_("Microseconds since 1970, UTC."),
    )
    recent_values = ArrayField(models.FloatField(), verbose_name=_("recent values"), default=list)
    hidden_items = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("hidden items"),
        default=list,
        help_text=_("Not interested, with their near twins."),
    )
    purchased_items = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("purchased items"),
        default=list,
        help_text=_("Last 200 bought, oldest first."),
    )
    ignored_items = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("ignored items"),
        default=list,
        help_text=_("History the shopper asked to leave out."),
    )
    fewer_kinds = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("kinds to show fewer of"),
        default=list,
        blank=True,
        help_text=_("Categories, as the shopper asked."),
    )
    raised_items = models.JSONField(
        _("raised items"),
        default=dict,
        blank=True,
        help_text=_("Item id to when the shopper asked for more like it, in microseconds since 1970."),
    )
    taste = models.JSONField(_("interest profile"), default=dict, help_text=_("Weights by tag, department and brand."))
    fatigue = models.JSONField(_("shown without a click"), default=dict, help_text=_("Item id to count."))
    fatigue_next = models.JSONField(
        _("seen since the last version"),
        default=dict,
        help_text=_("Joins the fatigue with the next version, so that a reload changes nothing."),
    )
    updated_at = models.DateTimeField(_("updated"), default=timezone.now)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("shopper state")
        verbose_name_plural = _("shopper states")

    def __str__(self) -> str:
        return f"state {self.version} of shopper {self.pk}"
