"""What holds from page to page of one cursor: nothing twice, variants and pins included; caps and quotas on each."""

from collections import Counter

import pytest

from catalog.models import Item
from recommender.models import Knobs, Rule
from recommender.page import Page
from recommender.replay import replay
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import TinyShop, shopper_with
from tests.recommender.homepage.asking import page_for

pytestmark = pytest.mark.django_db


def pages(tiny: TinyShop, n: int = 3) -> list[Page]:
    """The first pages of somebody who has looked at one thing."""
    shopper = shopper_with(tiny, [tiny.items[0]])
    found = [page_for(tiny, shopper)]
    while found[-1].cursor and len(found) < n:
        found.append(page_for(tiny, shopper, cursor=found[-1].cursor))
    return found


def test_variants_of_what_stood_on_a_page_are_not_on_the_next(live: TinyShop) -> None:
    for k, item in enumerate(live.items):
        Item.objects.filter(pk=item.pk).update(group=f"g{k // 12 * 6 + k % 6}")  # in twos of one department
    group = dict(Item.objects.values_list("pk", "group"))
    found = pages(live)
    assert len([page for page in found if page.cards]) > 1
    shown = Counter(group[card.id] for page in found for card in page.cards)
    assert max(shown.values()) == 1


def test_a_pin_stands_on_the_first_page_alone_and_holds_nothing_on_the_next(live: TinyShop) -> None:
    pinned = [live.items[77].pk, live.items[78].pk]
    Rule.objects.create(shop=live.shop, name="p", action="pin", target="item", target_ids=pinned, slot=1)
    ruleset_publish(shop=live.shop)
    found = pages(live)
    assert [card.id for card in found[0].cards[:2]] == pinned
    assert len(found) > 1
    for page in found[1:]:
        assert not {card.id for card in page.cards} & {*pinned}
        assert page.cards[0].reason_code != "rule"
        assert page.impression_id is not None
        assert replay(page.impression_id).same


def test_caps_and_quotas_hold_on_every_page(live: TinyShop) -> None:
    department = live.departments[0].pk
    Knobs.objects.create(shop=live.shop, brand_cap=2)
    about = {"shop": live.shop, "target": "category", "target_ids": [department]}
    Rule.objects.create(name="q", action="quota", most=3, **about)
    ruleset_publish(shop=live.shop)
    found = pages(live)
    assert len(found) > 1
    for page in found:
        assert sum(card.department_id == department for card in page.cards) <= 3
        for section in page.sections:
            assert max(Counter(card.brand for card in section.cards).values()) <= 2
