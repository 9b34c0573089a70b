"""A small shop for the API: twelve things in two departments, no bundle."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone

if TYPE_CHECKING:
    from catalog.models import Shop


@pytest.fixture
def shop(db) -> "Shop":
    from catalog.items import Words, item_create  # the settings are not there yet when this file is read
    from catalog.models import Brand, Category, Media, Shop

    shop = Shop.objects.create(code="test", name="Test", currency="EUR")
    brand = Brand.objects.create(shop=shop, name="Lumen")
    for slug in ("lamps", "rugs"):
        department = Category.objects.create(shop=shop, slug=slug, name=slug.title())
        for number in range(6):
            item = item_create(
                shop=shop,
                external_id=f"{slug}-{number}",
                texts={"en": Words(f"{slug} {number}", "Fine."), "zh-hans": Words(f"灯 {number}")},
                published_at=timezone.now() - timedelta(days=number + 1),
                department=department,
                category=department,
                brand=brand,
                price_minor=1000 + number,
                stock=5,
            )
            Media.objects.create(shop=shop, item=item, path=f"{slug}-{number}.svg", alt="A picture")
    return shop


@pytest.fixture
def app(shop) -> Client:
    """A client that nobody has met yet."""
    return Client()
