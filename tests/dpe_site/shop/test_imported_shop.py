"""A shop as an import makes it: titles and prices, and no departments, brands, tags or pictures."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.test import Client
from django.utils import timezone, translation

from catalog.models import Category, Item, Media
from dpe_site.shop.profile import portrait_of
from recommender.data.types import ChosenSection, Section
from recommender.wording import Names, section_title
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with, tiny_shop, tiny_trend
from users.baskets import CheckoutRefused, basket_add, checkout
from users.kinds import Kind
from users.models import Shopper
from users.profiles import interest_turn
from users.state_rows import state_read

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def bare() -> TinyShop:
    """What an import of invoices knows."""
    cache.clear()
    made = tiny_shop()
    tiny_trend(made)
    Item.objects.of(made.shop).update(department=None, category=None, brand=None)
    Category.objects.of(made.shop).delete()
    Media.objects.of(made.shop).delete()
    return made


def soup(client: Client, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).content, "html.parser")


def test_without_departments_there_is_no_empty_list_of_them(client: Client, bare: TinyShop) -> None:
    page = soup(client, "/")
    assert page.select("#first-row .card")
    assert page.select_one("nav.departments") is None
    assert page.select_one(".tiles") is None


def test_my_taste_tells_of_the_things_themselves(bare: TinyShop) -> None:
    shopper = shopper_with(bare, bare.items[:3], at=timezone.now() - timedelta(hours=1))
    interests = portrait_of(bare.shop, shopper, "en", timezone.now()).interests
    assert [interest.key for interest in interests] == [item.pk for item in reversed(bare.items[:3])]
    assert {interest.facet for interest in interests} == {"items"}
    assert interests[0].name == "Thing 2 of room 2"
    assert interests[0].sentence == "You have looked at it once this week."
    assert sum(interest.percent for interest in interests) in (99, 100)


def test_a_thing_of_my_taste_is_binned_and_taken_back(bare: TinyShop) -> None:
    shopper = shopper_with(bare, bare.items[:3], at=timezone.now() - timedelta(hours=1))
    turn = {"shop": bare.shop, "shopper": shopper, "facet": "items", "key": bare.items[1].pk}
    interest_turn(**turn, percent=0, at=timezone.now())
    assert state_read(shopper.pk).ignored == (bare.items[1].pk,)
    interest_turn(**turn, percent=100, at=timezone.now())
    assert state_read(shopper.pk).ignored == ()


def test_my_taste_can_be_turned_on_its_page(client: Client, bare: TinyShop) -> None:
    client.get(f"/item/{bare.items[4].pk}/")
    assert len(soup(client, "/taste/").select(".interest")) == 1
    client.post("/taste/interest/", {"facet": "items", "key": bare.items[4].pk, "counts": 0})
    assert soup(client, "/taste/").select_one(".interest__dial input[type=range]")["value"] == "0"


def test_a_row_says_bought_of_what_was_bought(bare: TinyShop) -> None:
    class Facts:
        title = "A brass lamp"

    names = Names({7: Facts()}, done={7: Kind.PURCHASE.word})  # type: ignore[dict-item]
    assert (
        section_title(ChosenSection(Section.BECAUSE_YOU_VIEWED, 7, 1.0), names) == "Because you bought “A brass lamp”"
    )


@pytest.mark.parametrize("surface", ["product", "basket", "search"])
def test_a_better_card_comes_on_every_page_that_is_chosen(client: Client, surface: str) -> None:
    cache.clear()
    made = tiny_shop()
    tiny_trend(made)
    client.get(f"/item/{made.items[3].pk}/")
    query = "/search/?q=Thing"
    address = {"product": f"/item/{made.items[3].pk}/", "basket": "/basket/", "search": query}[surface]
    shown = [str(card["data-item"]) for card in soup(client, address).select("main .card")]
    assert len(shown) > 2
    sent = {"pick": f"{shown[0]}-0", "surface": surface, "shown": ",".join(shown[:-1]), "next": address}
    answer = BeautifulSoup(client.post("/do/not_interested/", sent, headers=HTMX).content, "html.parser")
    better = answer.select_one(".card[data-better]")
    assert better is not None
    assert better["data-item"] not in shown[:-1]


@pytest.mark.parametrize("address", ["", "/nowhere/", "/order/x/", "/department/none/", "https://example.com/basket/"])
def test_without_a_page_of_ours_the_card_only_goes(client: Client, bare: TinyShop, address: str) -> None:
    sent = {"pick": f"{bare.items[0].pk}-0", "surface": "basket", "next": address}
    answer = client.post("/do/not_interested/", sent, headers=HTMX)
    assert answer.status_code == 200
    assert b"data-better" not in answer.content


def test_a_refused_order_is_told_in_the_shoppers_language_with_the_title(bare: TinyShop) -> None:
    shopper = Shopper.objects.create(shop=bare.shop)
    basket_add(shopper=shopper, item=bare.items[0], at=NOW, quantity=9)
    with translation.override("zh-hans"), pytest.raises(CheckoutRefused, match=r"只剩 5 件") as refusal:
        checkout(shopper=shopper, at=NOW)
    assert "东西" in str(refusal.value)
