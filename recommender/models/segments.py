"""Segments: those that staff define, and those that a training found."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Shop
from catalog.scoping import ShopQuerySet
from users.segments import Conditions


class Segment(models.Model):
    """Shoppers who meet conditions, or are alike; a rule may be limited to them once it is published."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="segments", verbose_name=_("shop"))
    name = models.CharField(
        _("name"),
        max_length=60,
        validators=[RegexValidator(r"^[^,\x00-\x1f]+$", _("A name has no commas."))],
        help_text=_("Rules name it."),
    )
    conditions = models.JSONField(_("conditions"), default=dict, blank=True)
    learned = models.CharField(
        _("learned segment"),
        max_length=24,
        blank=True,
        help_text=_("Its key in the bundles that know it; empty where staff defined the segment."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "name"], name="segment_unique_name"),
            models.UniqueConstraint(
                fields=["shop", "learned"], name="segment_unique_learned", condition=~models.Q(learned="")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def asked(self) -> Conditions:
        """The conditions as a value."""
        return Conditions.from_json(self.conditions)
