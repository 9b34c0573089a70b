"""Missing, impossible and extreme values are treated as said, counted, and treated once."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.preprocessing import PreprocessingConfig, snapshot_prepare
from recommender.data.relations import RelationTable
from recommender.data.sequences import sequences_of
from recommender.data.snapshot import InteractionTable, ItemTable, ShopperTable, Snapshot
from recommender.data.snapshot_files import snapshot_seal
from recommender.data.types import DAY_US
from users.kinds import Kind

NOW = 1_760_000_000_000_000


def shop(n_items: int = 1, shoppers: int = 1, **columns) -> Snapshot:
    """A snapshot of unremarkable items and, where given, columns of interactions or of items that differ."""
    zeros = np.zeros(n_items, np.int64)
    plain = {
        "ids": np.arange(n_items) + 1,
        "department": zeros + 1,
        "category": zeros + 2,
        "brand": zeros + 1,
        "group": zeros,
        "price_minor": zeros + 1000,
        "list_price_minor": zeros - 1,
        "published_us": zeros + NOW - DAY_US,
        "available": zeros == 0,
        "texts": ("words",) * n_items,
    }
    of_items = {name: columns.pop(name) for name in list(columns) if name in plain}
    items = ItemTable(**{**plain, **{k: v if k == "texts" else np.array(v, np.int64) for k, v in of_items.items()}})
    m = len(next(iter(columns.values()))) if columns else 0
    facts = {
        "shopper": np.zeros(m, np.int64),
        "item": np.zeros(m, np.int64),
        "kind": np.full(m, Kind.VIEW),
        "at_us": NOW - np.arange(m, 0, -1) * 1_000_000,
        "quantity": np.ones(m, np.int64),
        "session": np.zeros(m, np.int64),
        "order": np.zeros(m, np.int64),
    } | {name: np.array(column) for name, column in columns.items()}
    facts["kind"] = facts["kind"].astype(np.int8)
    return snapshot_seal(
        shop_id=1,
        until_us=NOW,
        items=items,
        shoppers=ShopperTable.of_ids(np.arange(shoppers) + 1),
        interactions=InteractionTable(**facts),
        impressions=None,
        relations=RelationTable.none(),
    )


def prepare(snapshot, **config):
    prepared, report = snapshot_prepare(snapshot, PreprocessingConfig(**config))
    return prepared, {one.code: one.count for one in report.treated if one.count}


def test_clean_facts_stay_as_they_are():
    snapshot = shop(kind=[Kind.VIEW, Kind.DWELL], value=np.array([np.nan, 20.0], np.float32))
    prepared, counted = prepare(snapshot)
    assert counted == {}
    assert prepared.fingerprint == snapshot.fingerprint


def test_prices_that_are_none_are_unknown():
    prepared, counted = prepare(shop(4, price_minor=[0, -1, 500, 500], list_price_minor=[800, -1, 500, 700]))
    assert prepared.items.price_minor.tolist() == [-1, -1, 500, 500]
    assert prepared.items.list_price_minor.tolist() == [-1, -1, -1, 700]
    assert counted == {"price_unknown": 2, "list_price_no_discount": 1}


def test_an_extreme_price_is_held_at_the_fence_of_its_department():
    prices = [1000, 1100, 900, 1200, 950, 1050, 1000, 1000, 99_999_999]
    dear = [200_000, 210_000, 190_000, 205_000, 195_000, 200_000, 200_000, 200_000, 200_000]
    prepared, counted = prepare(shop(18, price_minor=prices + dear, department=[1] * 9 + [2] * 9))
    assert counted == {"price_extreme": 1}
    assert prepared.items.price_minor[8] == int(1000 * np.exp(5 * 0.5))
    assert prepared.items.price_minor[9:].tolist() == dear


def test_a_missing_category_is_the_department():
    prepared, counted = prepare(
        shop(3, category=[0, 0, 7], department=[5, 0, 5], brand=[0, 1, 1], texts=("", " ", "x"))
    )
    assert prepared.items.category.tolist() == [5, 0, 7]
    assert counted == {"category_from_department": 1, "department_unknown": 1, "brand_unknown": 1, "text_missing": 2}


def test_deeds_of_unknown_kind_or_time_are_left_out_and_counted():
    at = [5, NOW - DAY_US, NOW - 1, NOW + DAY_US]
    prepared, counted = prepare(shop(kind=[Kind.VIEW, 99, Kind.VIEW, Kind.VIEW], at_us=at))
    assert prepared.interactions.at_us.tolist() == [NOW - 1]
    assert counted == {"kind_unknown": 1, "time_ancient": 1, "time_future": 1}


def test_stays_are_bounded_and_a_glance_is_none():
    value = np.array([0.5, 20.0, 90_000.0, np.nan, np.inf, 1.0], np.float32)
    prepared, counted = prepare(shop(kind=[Kind.DWELL] * 5 + [Kind.RATE], value=value))
    np.testing.assert_array_equal(prepared.interactions.value, np.array([20, 1800, np.nan, np.nan, 1], np.float32))
    assert counted == {"dwell_bounce": 1, "dwell_long": 1}


def test_quantities_are_held_at_the_fence_of_their_item():
    usual, wholesale = [1, 1, 2, 1, 1, 3, 1, 1, 5000], [500, 600, 450, 550, 500, 500, 480, 520, 5000]
    columns = {"quantity": usual + wholesale, "item": [0] * 9 + [1] * 9, "kind": [Kind.PURCHASE] * 18}
    prepared, counted = prepare(shop(2, **columns))
    assert counted == {"quantity_extreme": 1}
    assert prepared.interactions.quantity[8] == int(np.exp(5 * 0.5))
    assert prepared.interactions.quantity[17] == 5000  # ten times as much as usual is within reach
    missing, counted = prepare(shop(quantity=[0, -3, 2]))
    assert missing.interactions.quantity.tolist() == [1, 1, 2]
    assert counted == {"quantity_missing": 2}


def test_an_item_with_few_purchases_is_held_to_the_fence_of_all():
    columns = {"quantity": [1] * 9 + [5000], "item": [0] * 9 + [1], "kind": [Kind.PURCHASE] * 10}
    prepared, counted = prepare(shop(2, **columns))
    assert (prepared.interactions.quantity[9], counted) == (12, {"quantity_extreme": 1})


def test_treating_twice_does_nothing():
    rng = np.random.default_rng(0)
    m = 400
    snapshot = shop(
        20,
        price_minor=np.rint(np.exp(rng.normal(7, 3, 20))).astype(np.int64),
        kind=rng.choice([1, 3, 10, 99], m),
        item=rng.integers(0, 20, m),
        quantity=np.rint(np.exp(rng.normal(0, 3, m))).astype(np.int64),
        value=rng.exponential(600, m).astype(np.float32),
    )
    once, counted = prepare(snapshot, fence=1.5)
    again, nothing = prepare(once, fence=1.5)
    assert counted["quantity_extreme"]
    assert counted["price_extreme"]
    assert again.fingerprint == once.fingerprint
    left = {"quantity_extreme", "price_extreme"} & nothing.keys()
    assert not left


@pytest.mark.parametrize(
    "snapshot",
    [
        shop(0),
        shop(1),
        shop(kind=[Kind.VIEW]),
        shop(shoppers=3, shopper=[0, 1, 2], at_us=[NOW, NOW, NOW]),
        shop(item=[-1]),
    ],
    ids=["empty shop", "one item", "one deed", "equal times", "an item of nowhere"],
)
def test_the_smallest_shops_are_prepared(snapshot):
    prepared, report = snapshot_prepare(snapshot)
    assert len(prepared.shopper_ids) == len(snapshot.shopper_ids)
    facts = prepared.interactions
    sequences = sequences_of(facts, n_users=len(prepared.shopper_ids), n_items=len(prepared.items))
    assert len(sequences.item) == len(facts)
    assert all(one.count <= one.of for one in report.treated)


def test_what_was_done_can_be_read():
    _, report = snapshot_prepare(shop(2, price_minor=[0, 5]))
    assert report.lines() == ["price unknown: 1 of 2"]
    assert {"code": "price_unknown", "count": 1, "of": 2} in report.to_json()
    assert replace(report, treated=()).lines() == []
