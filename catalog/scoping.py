"""Every root and fact belongs to one shop; every query starts by naming it."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from catalog.models import Shop


class ShopQuerySet(models.QuerySet):
    """A queryset that starts with ``.of(shop)``."""

    def of(self, shop: "Shop | int") -> Self:
        """Rows of one shop."""
        return self.filter(shop=shop)
