"""Lists made ahead honour what pages do: emergency switches, slots for sponsored items, room for small providers."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from catalog.models import Item, Tag
from recommender import precompute
from recommender.homepage import homepage_page
from recommender.models import JobRun, Knobs, Live, PrecomputedList, Rule
from recommender.store import bundles
from recommender.store.rulesets import ruleset_publish
from recommender.store.switches import Switches, switches_turn
from tests.fixtures.tiny_shop import TinyShop, shopper_with, tiny_live, tiny_shop, tiny_trend
from users.kinds import Kind
from users.models import Shopper, ShopperState

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny(settings, tmp_path):
    settings.DPE_BUNDLES = tmp_path
    tiny = tiny_shop()
    tiny_live(tiny)
    tiny_trend(tiny)
    yield tiny
    bundles._opened.cache_clear()


@pytest.fixture
def people(tiny) -> list[Shopper]:
    return [shopper_with(tiny, tiny.of_department(k)[:3], name=f"s{k}") for k in range(2)]


def lists(tiny: TinyShop) -> list[list[int]]:
    """Everybody's list, made anew where it is not up to date."""
    precompute.shard_precompute(tiny.shop, 0, 1, lambda done, total: None)
    return [made.item_ids for made in PrecomputedList.objects.order_by("pk")]


def knobs(tiny: TinyShop, **dials: object) -> None:
    Knobs.objects.update_or_create(shop=tiny.shop, defaults=dials)
    ruleset_publish(shop=tiny.shop)


def rule(tiny: TinyShop, **about: object) -> None:
    Rule.objects.create(shop=tiny.shop, name="r", target="item", **about)
    ruleset_publish(shop=tiny.shop)


def included_newcomer(tiny: TinyShop) -> int:
    """A sponsored item that is newer than the bundle and that a rule asks for; every fourth slot is for such items."""
    last: int = tiny.items[-1].pk
    tiny_live(tiny, seed=2, leave_out=1)
    Item.objects.filter(pk=last).update(sponsored=True)
    rule(tiny, action="include", target_ids=[last])
    knobs(tiny, ad_every=4)
    return last


def test_with_all_rules_switched_off_lists_are_made_without_them(tiny: TinyShop, people) -> None:
    plain, pinned = lists(tiny), tiny.items[77].pk
    rule(tiny, action="pin", slot=1, target_ids=[pinned])
    assert [made[0] for made in lists(tiny)] == [pinned, pinned]
    switches_turn(shop=tiny.shop, switches=Switches(rules_off=True))
    assert lists(tiny) == plain
    switches_turn(shop=tiny.shop, switches=Switches())
    assert [made[0] for made in lists(tiny)] == [pinned, pinned]


def test_a_list_that_rules_made_is_not_shown_once_they_are_switched_off(tiny: TinyShop, people) -> None:
    rule(tiny, action="boost", factor=50.0, target_ids=[tiny.items[k].pk for k in range(60, 70)])
    lists(tiny)
    Live.objects.update(bundle=None)
    now = timezone.now()
    assert homepage_page(shop=tiny.shop, shopper=people[0], now=now).degraded == "precomputed"
    switches_turn(shop=tiny.shop, switches=Switches(rules_off=True))
    assert homepage_page(shop=tiny.shop, shopper=people[0], now=now).degraded != "precomputed"


def test_where_messages_are_the_same_for_everybody_so_are_lists(tiny: TinyShop, people) -> None:
    personal = lists(tiny)
    assert personal[0] != personal[1]
    switches_turn(shop=tiny.shop, switches=Switches(plain_surfaces=("homepage",)))
    assert lists(tiny) == personal
    switches_turn(shop=tiny.shop, switches=Switches(plain_surfaces=("push",)))
    same = lists(tiny)
    assert same[0] == same[1]
    assert same[0] not in personal


def test_turning_a_switch_asks_for_new_lists_at_once(tiny: TinyShop) -> None:
    switches_turn(shop=tiny.shop, switches=Switches(rules_off=True))
    assert list(JobRun.objects.values_list("kind", "status")) == [("precompute", JobRun.Status.QUEUED)]
    Live.objects.update(bundle=None)
    switches_turn(shop=tiny.shop, switches=Switches())
    assert JobRun.objects.count() == 1, "without a bundle there is nothing to make lists with"


def test_sponsored_items_stand_in_slots_of_their_own_and_never_beyond_their_cap(tiny: TinyShop, people) -> None:
    paid = [item.pk for item in tiny.items[::3]]
    Item.objects.filter(pk__in=paid).update(sponsored=True)
    knobs(tiny, ad_every=4)
    for made in lists(tiny):
        is_ad = np.isin(made, paid)
        assert is_ad[:24].tolist() == [(slot + 1) % 4 == 0 for slot in range(24)]
    knobs(tiny, ad_every=0, ad_cap=3)
    assert [int(np.isin(made, paid).sum()) for made in lists(tiny)] == [3, 3]


def test_an_item_that_a_rule_asks_for_is_sponsored_in_a_list_too(tiny: TinyShop, people) -> None:
    last = included_newcomer(tiny)
    for made in lists(tiny):
        assert made.index(last) == 3


@pytest.mark.parametrize("target", ["brand", "category", "tag"])
def test_an_include_of_a_kind_brings_its_items_into_lists_too(tiny: TinyShop, people, target: str) -> None:
    last = Item.objects.get(pk=tiny.items[-1].pk)
    tiny_live(tiny, seed=2, leave_out=1)
    tag = Tag.objects.create(shop=tiny.shop, name="Season")
    last.tags.add(tag)
    Item.objects.filter(pk=last.pk).update(sponsored=True)
    knobs(tiny, ad_every=4)
    assert not any(last.pk in made for made in lists(tiny))
    asked = {"brand": last.brand_id, "category": last.department_id, "tag": tag.pk}[target]
    Rule.objects.create(shop=tiny.shop, name="k", action="include", target=target, target_ids=[asked])
    ruleset_publish(shop=tiny.shop)
    for made in lists(tiny):
        assert made.index(last.pk) == 3


def test_an_item_that_a_rule_asks_for_stands_in_no_list_beside_its_variant(tiny: TinyShop, people) -> None:
    last = included_newcomer(tiny)
    made = lists(tiny)
    assert all(last in one for one in made)
    beside = [next(item for item in one if item != last) for one in made]
    Item.objects.filter(pk__in=[last, *beside]).update(group="shirt")
    ruleset_publish(shop=tiny.shop)
    PrecomputedList.objects.all().delete()
    for one in lists(tiny):
        assert len({last, *beside} & set(one)) == 1


def test_small_providers_have_their_share_of_every_part_of_a_list(tiny: TinyShop, people) -> None:
    small = [item.pk for k, item in enumerate(tiny.items) if k % 6 in (2, 3)]
    Item.objects.exclude(pk__in=small).update(provider="big")
    Item.objects.filter(pk__in=small).update(provider="small")
    tiny_trend(tiny, [1.0 if item.pk in small else 9.0 for item in tiny.items])
    assert any(np.isin(made[:16], small).sum() < 4 for made in lists(tiny))
    knobs(tiny, provider_floor=0.25)
    for made in lists(tiny):
        for n in range(1, len(made) + 1):
            assert np.isin(made[:n], small).sum() >= n // 4


def test_what_is_used_up_comes_back_and_what_lasts_does_not(tiny: TinyShop) -> None:
    soap, sofa, hidden = tiny.items[6], tiny.items[12], tiny.items[18]
    Item.objects.filter(pk__in=(soap.pk, hidden.pk)).update(attributes={"lasts_days": 30})
    knobs(tiny, replenish=0.8)
    for days in (10, 31):
        at = timezone.now() - timedelta(days=days)
        buyer = shopper_with(tiny, [soap, sofa, hidden], kind=Kind.PURCHASE, at=at, name=f"{days}")
        bought = [soap.pk, sofa.pk, hidden.pk]
        ShopperState.objects.filter(shopper=buyer).update(purchased_items=bought, hidden_items=[hidden.pk])
    early, late = lists(tiny)
    assert not {soap.pk, sofa.pk} & {*early}
    assert {soap.pk, sofa.pk, hidden.pk} & {*late} == {soap.pk}
    knobs(tiny, replenish=0.0)
    assert not any(soap.pk in made for made in lists(tiny))


def test_a_promotion_that_rules_ask_for_has_its_slots(tiny: TinyShop, people) -> None:
    promoted = tiny.departments[5].pk
    held = {item.pk for item in tiny.of_department(5)}
    assert all(not held & set(made[:8]) for made in lists(tiny))
    Rule.objects.create(
        shop=tiny.shop, name="q", action="quota", target="category", target_ids=[promoted], least=15, surface="push"
    )
    ruleset_publish(shop=tiny.shop)
    assert [len(held & set(made)) >= 15 and bool(held & set(made[:8])) for made in lists(tiny)] == [True, True]
