"""The click that changes the page, on a bundle trained by the command a user would type."""

from datetime import datetime, timedelta

import pytest

from catalog.models import Shop
from recommender.homepage import homepage_page
from recommender.models import Impression
from recommender.replay import replay
from tests.fixtures.databases import Database
from tests.recommender.test_click_moves_page import assert_clicks_move_pages
from users.models import Interaction, Shopper


@pytest.fixture(scope="module")
def site_template(demo_bundle: Database) -> Database:
    """A small demo shop that has learned."""
    return demo_bundle


@pytest.fixture(scope="module")
def shop(site_database: Database) -> Shop:
    return Shop.objects.get(code="demo")


@pytest.fixture(scope="module")
def now(shop: Shop) -> datetime:
    return Interaction.objects.of(shop).latest("occurred_at").occurred_at + timedelta(minutes=1)


def test_three_clicks_move_nine_pages_in_ten(shop: Shop, now: datetime) -> None:
    assert_clicks_move_pages(shop, now)


def test_pages_of_known_shoppers_are_whole_and_replay(shop: Shop, now: datetime) -> None:
    for shopper in Shopper.objects.of(shop).order_by("pk")[:5]:
        page = homepage_page(shop=shop, shopper=shopper, now=now)
        assert not page.degraded
        assert len(page.cards) >= 20
        assert all(card.reason for card in page.cards)
        assert replay(page.request_id).same
    assert Impression.objects.of(shop).filter(synthetic=False).count() == 5
