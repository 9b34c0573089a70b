"""What came of each shown card: whose deed, on which page, how long afterwards."""

from datetime import timedelta

import numpy as np
import pytest

from recommender.data.types import Section
from recommender.facts.snapshot import snapshot_take
from tests.recommender.facts.happened import NOW, act, page, shopper
from users.kinds import Kind
from users.models import Suspicion

pytestmark = pytest.mark.django_db


def credits(snapshot, outcome):
    table = snapshot.impressions
    return [item for item, came in zip(table.item.tolist(), getattr(table, outcome).tolist(), strict=True) if came]


def test_impressions_carry_what_came_of_each_visible_slot(shop, items):
    a = shopper(shop, "a")
    shown = page(
        a, items, seen=[True, True, False, True], dropped=[False, False, False, True],
        propensities=[0.5, float("nan"), 0.1, 0.2], pool_ids=[items[2].pk, items[0].pk],
    )  # fmt: skip
    act(a, items[0], Kind.CLICK, impression=shown.pk)
    act(a, items[0], Kind.PURCHASE, impression=shown.pk, minutes=1)
    act(a, items[1], Kind.CLICK)
    table = snapshot_take(shop, until=NOW).impressions
    assert table.item.tolist() == [0, 1]
    assert table.slot.tolist() == [0, 1]
    assert table.section.tolist() == [list(Section).index(Section.DEALS)] * 2
    assert table.clicked.tolist() == [True, False]
    assert table.purchased.tolist() == [True, False]
    assert table.propensity[0] == 0.5
    assert np.isnan(table.propensity[1])
    assert table.pool_items[table.pool_start[0] : table.pool_start[1]].tolist() == [2, 0]


def test_a_click_after_the_credit_window_counts_for_no_page(shop, items):
    a = shopper(shop, "a")
    shown = page(a, items[:1], shown_at=NOW - timedelta(days=8))
    act(a, items[0], Kind.CLICK, impression=shown.pk)
    assert snapshot_take(shop, until=NOW).impressions.clicked.tolist() == [False]


def test_a_view_that_names_its_page_is_its_click(shop, items):
    a = shopper(shop, "a")
    shown = page(a, items[:2])
    act(a, items[0], Kind.VIEW, impression=shown.pk)
    act(a, items[1], Kind.VIEW)
    assert credits(snapshot_take(shop, until=NOW), "clicked") == [0]


def test_an_outcome_counts_for_the_page_of_the_same_person_only(shop, items):
    a, b = shopper(shop, "a"), shopper(shop, "b")
    guest = shopper(shop, "guest", merged_into=a)
    act(b, items[3])
    shown = page(guest, items[:2])
    act(a, items[0], Kind.CLICK, impression=shown.pk)
    act(b, items[1], Kind.CLICK, impression=shown.pk)
    assert credits(snapshot_take(shop, until=NOW), "clicked") == [0]


def test_what_is_bought_elsewhere_counts_for_the_last_visible_slot(shop, items):
    a = shopper(shop, "a")
    guest = shopper(shop, "guest", merged_into=a)
    page(a, items[:2], shown_at=NOW - timedelta(days=3))
    page(guest, items[:2], shown_at=NOW - timedelta(days=2))
    page(a, items[:2], shown_at=NOW - timedelta(days=1), seen=[False, True])
    page(a, items[:2], shown_at=NOW - timedelta(minutes=1))
    act(a, items[0], Kind.PURCHASE)
    act(a, items[1], Kind.CART, surface="search")
    table = snapshot_take(shop, until=NOW).impressions
    slots = list(zip(table.page.tolist(), table.item.tolist(), strict=True))
    assert [slot for slot, came in zip(slots, table.purchased, strict=True) if came] == [(1, 0)]
    assert [slot for slot, came in zip(slots, table.carted, strict=True) if came] == [(2, 1)]


def test_a_purchase_elsewhere_after_the_credit_window_or_of_another_counts_for_no_page(shop, items):
    a, b = shopper(shop, "a"), shopper(shop, "b")
    page(a, items[:1], shown_at=NOW - timedelta(days=8))
    page(a, items[1:2])
    act(a, items[0], Kind.PURCHASE)
    act(b, items[1], Kind.PURCHASE)
    assert credits(snapshot_take(shop, until=NOW), "purchased") == []


def test_pages_and_outcomes_of_doubted_sessions_stay_out(shop, items):
    a = shopper(shop, "a")
    Suspicion.objects.create(shop=shop, shopper=a, session="bad", cause="flood")
    page(a, items[:1], session="bad", pool_ids=[items[0].pk])
    kept = page(a, items[1:3], session="good", pool_ids=[items[2].pk])
    act(a, items[1], Kind.CLICK, impression=kept.pk, session="bad")
    act(a, items[2], Kind.CLICK, impression=kept.pk, session="good")
    snapshot = snapshot_take(shop, until=NOW)
    assert snapshot.impressions.item.tolist() == [1, 2]
    assert snapshot.impressions.pool_items.tolist() == [2]
    assert credits(snapshot, "clicked") == [2]


def test_without_a_beacon_the_first_row_was_visible(shop, items):
    a = shopper(shop, "a")
    act(a, items[0])
    page(a, items, seen=[False] * 4, section_of=[0, 0, 1, 1], sections=[{"code": "deals"}, {"code": "top_picks"}])
    assert snapshot_take(shop, until=NOW).impressions.item.tolist() == [0, 1]
