"""Sponsored items: in slots of their own, up to a cap, and never without their label, whatever the slot."""

import pytest
from django.utils import translation

from catalog.models import Item
from recommender.homepage import homepage_page
from recommender.models import Impression, Knobs
from recommender.page import Page
from recommender.replay import replay
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with, tiny_served

pytestmark = pytest.mark.django_db
EVERY = 4


@pytest.fixture
def live() -> TinyShop:
    """A third of the items is sponsored; the others have a provider, one of them a big one."""
    tiny = tiny_served()
    ids = [item.pk for item in tiny.items]
    Item.objects.filter(pk__in=ids[::3]).update(sponsored=True)
    return tiny


def page_with(live: TinyShop, **knobs: object) -> Page:
    Knobs.objects.update_or_create(shop=live.shop, defaults=knobs)
    ruleset_publish(shop=live.shop)
    shopper = shopper_with(live, [live.items[k] for k in (1, 7, 13)], name=str(len(knobs)))
    return homepage_page(shop=live.shop, shopper=shopper, now=NOW)


def sponsored(live: TinyShop) -> set[int]:
    return set(Item.objects.of(live.shop).filter(sponsored=True).values_list("pk", flat=True))


def test_ads_stand_in_their_own_slots_and_only_there(live: TinyShop) -> None:
    page, paid = page_with(live, ad_every=EVERY), sponsored(live)
    row = next(section for section in page.sections if section.code == "top_picks")
    assert [card.id in paid for card in row.cards] == [(k + 1) % EVERY == 0 for k in range(len(row.cards))]
    assert {card.reason_code for card in row.cards if card.id in paid} == {"sponsored"}
    shown = Impression.objects.latest("pk")
    assert replay(shown.pk).same
    assert all(0 < p <= 1 for p in shown.propensities)


@pytest.mark.parametrize("knobs", [{}, {"ad_every": EVERY}, {"ad_cap": 3}])
def test_every_sponsored_card_bears_its_label(live: TinyShop, knobs: dict[str, object]) -> None:
    paid = sponsored(live)
    with translation.override("zh-hans"):
        page = page_with(live, **knobs)
    ads = [card for card in page.cards if card.id in paid]
    assert ads
    for card in page.cards:
        assert [label.text for label in card.labels if label.code == "sponsored"] == ["广告"] * (card.id in paid)


def test_no_page_has_more_sponsored_items_than_its_cap(live: TinyShop) -> None:
    paid = sponsored(live)
    assert sum(card.id in paid for card in page_with(live).cards) > 3
    assert sum(card.id in paid for card in page_with(live, ad_cap=3).cards) == 3


def test_small_providers_have_their_share_of_a_row(live: TinyShop) -> None:
    small = {item.pk for k, item in enumerate(live.items) if k % 6 == 3}
    Item.objects.exclude(pk__in=small).update(provider="big")
    Item.objects.filter(pk__in=small).update(provider="small")
    plain = page_with(live, exploration=0.0).sections[0]
    assert not any(card.id in small for card in plain.cards)
    row = page_with(live, exploration=0.0, provider_floor=0.25).sections[0]
    assert row.code == "top_picks"
    for n in range(1, len(row.cards) + 1):
        assert sum(card.id in small for card in row.cards[:n]) == n // 4
    assert {card.reason_code for card in row.cards if card.id in small} == {"small_provider"}
