"""States made anew from facts, many at once: the same as one by one, and nothing lost that facts do not tell."""

from datetime import UTC, datetime, timedelta

import pytest

from catalog.facets import facets_by_id
from catalog.models import Category, Item, Shop
from users.kinds import Kind
from users.models import Interaction, Shopper, ShopperState
from users.state import StateValue, refold
from users.state_rebuild import states_rebuild
from users.state_rows import facts_read, state_read

START = datetime(2026, 3, 1, tzinfo=UTC)
KINDS = (Kind.VIEW, Kind.PURCHASE, Kind.RATE, Kind.DISLIKE, Kind.CART)


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop.objects.create(code="rebuild", name="Rebuild")


def items(shop: Shop, count: int) -> list[Item]:
    department = Category.objects.create(shop=shop, slug="lamps", name="Lamps")
    rows = [Item(shop=shop, external_id=f"i{n}", department=department, published_at=START) for n in range(count)]
    return Item.objects.bulk_create(rows)


def shopper_with_deeds(shop: Shop, key: str, catalogue: list[Item], count: int) -> Shopper:
    shopper = Shopper.objects.create(shop=shop, external_id=key)
    Interaction.objects.bulk_create(
        Interaction(
            shop=shop,
            shopper=shopper,
            item=catalogue[(n * 7) % len(catalogue)],
            kind=KINDS[n % len(KINDS)],
            occurred_at=START + timedelta(minutes=n // 2),  # two at a time: their ids decide
            value=4.5 if KINDS[n % len(KINDS)] == Kind.RATE else None,
        )
        for n in range(count)
    )
    return shopper


def test_many_at_once_are_what_one_by_one_gives(shop: Shop) -> None:
    catalogue = items(shop, 12)
    shoppers = [shopper_with_deeds(shop, f"u{n}", catalogue, 20 * n + 1) for n in range(8)]
    taken_back = Interaction.objects.filter(shopper=shoppers[3], kind=Kind.PURCHASE).latest("id")
    Interaction.objects.create(
        shop=shop, shopper=shoppers[3], kind=Kind.UNDO, undoes=taken_back.pk, occurred_at=START + timedelta(days=1)
    )
    states_rebuild(shop=shop, shopper_ids=[shopper.pk for shopper in shoppers], lasting=False)
    facets = facets_by_id(shop.pk, {item.pk for item in catalogue})
    for shopper in shoppers:
        found, wanted = state_read(shopper.pk), refold(StateValue(), facts_read([shopper.pk]), facets, {})
        assert str(found.recent) == str(wanted.recent)  # as text: NaN is not equal to itself
        assert (found.hidden, found.purchased) == (wanted.hidden, wanted.purchased)
        assert found.taste["departments"] == pytest.approx(wanted.taste["departments"])
        assert found.version == 1


def test_what_facts_do_not_tell_is_kept_and_the_version_rises(shop: Shop) -> None:
    catalogue = items(shop, 3)
    shopper = shopper_with_deeds(shop, "u", catalogue, 1)
    ignored, tired = catalogue[1].pk, catalogue[2].pk
    ShopperState.objects.create(
        shop=shop, shopper=shopper, version=4, ignored_items=[ignored], fatigue={str(tired): 3}, updated_at=START
    )
    ShopperState.objects.filter(pk=shopper.pk).update(fatigue_next={str(tired): 1})
    states_rebuild(shop=shop, shopper_ids=[shopper.pk])
    state = ShopperState.objects.get(pk=shopper.pk)
    assert (state.version, state.ignored_items, state.fatigue_next) == (5, [ignored], {})
    assert state.fatigue[str(tired)] >= 1
    assert state.recent_items == [catalogue[0].pk]


def test_a_merged_guests_facts_count_for_the_person(shop: Shop) -> None:
    catalogue = items(shop, 5)
    person = shopper_with_deeds(shop, "person", catalogue, 2)
    guest = shopper_with_deeds(shop, "guest", catalogue, 3)
    Shopper.objects.filter(pk=guest.pk).update(merged_into=person)
    states_rebuild(shop=shop, shopper_ids=[person.pk])
    assert len(ShopperState.objects.get(pk=person.pk).recent_items) == 5
    assert not ShopperState.objects.filter(pk=guest.pk).exists()
