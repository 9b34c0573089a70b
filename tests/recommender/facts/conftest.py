"""A shop with four items, about whose shoppers there are facts."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from catalog.models import Item, Shop


@pytest.fixture
def shop(db: None) -> "Shop":
    from catalog.models import Shop  # the settings are not there yet when this file is read

    return Shop.objects.create(code="one", name="One")


@pytest.fixture
def items(shop: "Shop") -> "list[Item]":
    from catalog.models import Item
    from tests.recommender.facts.happened import NOW

    made = [Item(shop=shop, external_id=f"i{n}", published_at=NOW - timedelta(days=9), stock=5) for n in range(4)]
    return Item.objects.bulk_create(made)
