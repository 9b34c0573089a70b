"""When the same page is shown again, when another; what is gone meanwhile."""

from datetime import timedelta

import numpy as np
import pytest

from catalog.models import Item
from recommender.models import Impression
from recommender.store import card_facts
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with, state_set
from tests.recommender.homepage.asking import page_for

pytestmark = pytest.mark.django_db


def test_a_reload_is_the_same_page_and_no_second_exposure(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0], live.items[6]])
    first = page_for(live, shopper)
    again = page_for(live, shopper, now=NOW + timedelta(minutes=5))
    assert again == first
    assert Impression.objects.count() == 1


def test_any_action_changes_the_page(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    first = page_for(live, shopper)
    state_set(shopper, [live.items[0], live.items[3]])
    second = page_for(live, shopper)
    assert second.impression_id != first.impression_id
    assert [card.id for card in second.cards] != [card.id for card in first.cards]


def test_two_sessions_without_a_shopper_draw_their_own_pages(live: TinyShop) -> None:
    one, other = page_for(live, session="a"), page_for(live, session="b")
    assert [card.id for card in one.cards] != [card.id for card in other.cards]


def test_tomorrow_is_another_page(live: TinyShop) -> None:
    assert page_for(live).impression_id != page_for(live, now=NOW + timedelta(days=1)).impression_id


@pytest.mark.parametrize(
    ("time_zone", "hour", "same"),
    [("UTC", 23, False), ("Asia/Shanghai", 23, True), ("Asia/Shanghai", 15, False), ("Mars/Base", 23, False)],
)
def test_the_day_turns_at_midnight_in_the_shop(live: TinyShop, time_zone: str, hour: int, same: bool) -> None:
    live.shop.time_zone = time_zone
    before = NOW.replace(hour=hour, minute=59)
    one, other = page_for(live, now=before), page_for(live, now=before + timedelta(minutes=2))
    assert (one.impression_id == other.impression_id) is same


def test_what_sells_out_before_showing_is_dropped_and_the_hole_filled(
    live: TinyShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper = shopper_with(live, [live.items[0]])
    read = card_facts.card_facts_read
    gone: list[int] = []

    def sold_out_meanwhile(context: object, item_ids: set[int], now: object) -> object:
        half = sorted(item_ids - {live.items[0].pk})[::2]  # some are cards, some spare cards
        gone.extend(half)
        Item.objects.filter(pk__in=half).update(stock=0)
        return read(context, item_ids, now)  # type: ignore[arg-type]

    monkeypatch.setattr("recommender.homepage.card_facts_read", sold_out_meanwhile)
    page = page_for(live, shopper)
    row = Impression.objects.get(pk=page.impression_id)
    dropped = [item for item, is_dropped in zip(row.item_ids, row.dropped, strict=True) if is_dropped]
    assert dropped
    assert set(dropped) <= set(gone)
    assert not {card.id for card in page.cards} & set(gone)
    fills = [slot for slot, p in enumerate(row.propensities) if np.isnan(p)]
    assert fills
    shown = {card.position: card for card in page.cards}
    assert all(shown[slot].reason_code == "fill" for slot in fills)


def test_what_is_hidden_after_showing_is_gone_from_the_reload(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    first = page_for(live, shopper)
    victim = first.cards[0].id
    Item.objects.filter(pk=victim).update(status=Item.Status.HIDDEN)
    again = page_for(live, shopper)
    assert again.impression_id == first.impression_id
    assert victim not in [card.id for card in again.cards]
