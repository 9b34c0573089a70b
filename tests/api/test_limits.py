"""Prices and region that an app asks for."""

import pytest
from django.test import Client

from catalog.models import Item

pytestmark = pytest.mark.django_db


def homepage(client: Client, **asked: object):
    return client.get("/api/v1/homepage", asked)


def cards(answer) -> list[dict]:
    return [card for section in answer.json()["sections"] for card in section["cards"]]


def test_cards_lie_within_the_prices_asked_for_and_the_page_is_another_one(app):
    everything = homepage(app)
    prices = sorted(card["price_minor"] for card in cards(everything))
    middle = prices[len(prices) // 2]
    assert prices[0] < middle < prices[-1]
    cheap = homepage(app, price_to=middle)
    assert cards(cheap)
    assert all(card["price_minor"] <= middle for card in cards(cheap))
    dear = homepage(app, price_from=middle, price_to=prices[-1])
    assert all(card["price_minor"] >= middle for card in cards(dear))
    assert len({answer.json()["impression_id"] for answer in (everything, cheap, dear)}) == 3


def test_items_of_another_region_stay_away(app):
    away = set(Item.objects.order_by("pk").values_list("external_id", flat=True)[:3])
    Item.objects.filter(external_id__in=away).update(region="moon")
    assert not away & {card["item"] for card in cards(homepage(app, region="earth"))}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"price_from": "cheap"}, "minor units"),
        ({"price_to": "-5"}, "minor units"),
        ({"price_to": "9" * 30}, "minor units"),
        ({"price_from": "500", "price_to": "100"}, "below the lowest"),
    ],
)
def test_a_price_that_is_none_is_refused_with_a_reason(app, asked, told):
    answer = homepage(app, **asked)
    assert answer.status_code == 400
    assert told in str(answer.json())


def test_a_sign_that_no_text_can_hold_is_no_fault(app):
    assert homepage(app, region="earth\0").status_code == 200
    for address in ("/api/v1/items/a%00b", "/api/v1/items/a%00b/similar"):
        assert app.get(address).status_code == 404
