"""Questions about one table of the catalogue."""

from datetime import datetime
from typing import Self

from django.db.models import F, Q

from catalog.scoping import ShopQuerySet


class ItemQuerySet(ShopQuerySet):
    """Questions about items; chain them after ``.of(shop)``."""

    def visible(self, now: datetime) -> Self:
        """Items that may be shown at ``now``: active, not deleted, already published."""
        return self.filter(status="active", deleted_at__isnull=True, published_at__lte=now)

    def in_stock(self) -> Self:
        """Items whose stock is not tracked or above zero."""
        return self.filter(Q(stock__isnull=True) | Q(stock__gt=0))

    def for_everybody(self) -> Self:
        """Items that are not marked as adult."""
        return self.filter(adult=False)

    def in_department(self, department_id: int) -> Self:
        """Items of one department."""
        return self.filter(department_id=department_id)

    def newest(self) -> Self:
        """Most recently published first; the id breaks ties."""
        return self.order_by("-published_at", "-id")

    def on_offer(self) -> Self:
        """Items that cost less than before."""
        return self.filter(price_minor__isnull=False, list_price_minor__gt=F("price_minor"))

    def with_words(self) -> Self:
        """What a card needs (texts, pictures, brand, department, category) in a fixed number of queries."""
        return self.select_related("brand", "department", "category").prefetch_related("texts", "media")


class OutboxQuerySet(ShopQuerySet):
    """Questions about the outbox."""

    def waiting(self) -> Self:
        """Messages not yet handed to the broker."""
        return self.filter(published_at__isnull=True, parked_at__isnull=True)

    def overdue(self, before: datetime) -> Self:
        """Messages handed over before ``before`` that nobody has reported as handled."""
        return self.filter(published_at__lt=before, handled_at__isnull=True, parked_at__isnull=True)

    def parked(self) -> Self:
        """Messages that failed three times and wait for a person."""
        return self.filter(parked_at__isnull=False)
