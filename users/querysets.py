"""Questions about facts of people that follow a merged guest to the person."""

from typing import Self

from django.db.models import Q

from catalog.scoping import ShopQuerySet


class PersonFactQuerySet(ShopQuerySet):
    """Rows that point to a shopper, read for the whole person."""

    def of_person(self, shopper_id: int) -> Self:
        """Facts of a shopper and of every guest merged into it."""
        return self.filter(Q(shopper_id=shopper_id) | Q(shopper__merged_into_id=shopper_id))
