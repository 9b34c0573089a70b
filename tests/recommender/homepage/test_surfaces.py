"""The other surfaces: product, department, search."""

import pytest

from catalog.models import Item, ItemText
from recommender.data.types import Section
from tests.fixtures.tiny_shop import TinyShop, shopper_with
from tests.recommender.homepage.asking import codes, page_for

pytestmark = pytest.mark.django_db


def test_a_product_page_shows_similar_items_but_not_itself(live: TinyShop) -> None:
    anchor = live.items[8]
    page = page_for(live, surface="product", anchor_item=anchor.pk)
    assert codes(page) == [Section.SIMILAR]
    assert anchor.pk not in [card.id for card in page.cards]
    same = [card for card in page.cards if card.department_id == anchor.department_id]
    assert len(same) > len(page.cards) / 2
    assert all(card.causes[0].id == anchor.pk for card in page.cards)


def test_a_product_page_calls_nothing_similar_that_was_only_looked_at(tiny: TinyShop) -> None:
    Item.objects.of(tiny.shop).update(department=None)
    shopper = shopper_with(tiny, tiny.items[:5])
    assert page_for(tiny, shopper, surface="product", anchor_item=tiny.items[8].pk).sections == ()


def test_a_department_page_shows_its_department(live: TinyShop) -> None:
    page = page_for(live, surface="department", department=live.departments[3].pk)
    assert {card.department_id for card in page.cards} == {live.departments[3].pk}


def test_search_puts_the_best_match_first(live: TinyShop) -> None:
    page = page_for(live, surface="search", query="Thing 33 of room 3")
    assert page.cards[0].title == "Thing 33 of room 3"
    assert "Thing 33" in page.sections[0].title
    assert page_for(live, surface="search", query="nothing of the kind").sections == ()


def test_chinese_is_searched_sign_by_sign(live: TinyShop) -> None:
    wanted = live.items[7]
    ItemText.objects.filter(item=wanted, language="zh-hans").update(title="暖光落地灯", description="适合夜读")
    for query in ("暖灯", "夜读灯", "暖光"):
        page = page_for(live, surface="search", query=query, language="zh-hans")
        assert page.cards[0].id == wanted.pk, query
    assert page_for(live, surface="search", query="暖椅").sections == ()
