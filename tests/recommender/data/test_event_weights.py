"""Weights of deeds follow from what precedes purchases, and only from that."""

import json
from dataclasses import replace

import numpy as np
import pytest

from recommender.data.event_weights import (
    UNIFORM,
    EventWeights,
    EventWeightsConfig,
    event_weights_learn,
    staff_weights_check,
)
from recommender.data.snapshot import InteractionTable
from recommender.data.types import DAY_US, DataError
from users.kinds import Kind

START = 1_700_000_000_000_000
UNTIL = START + 100 * DAY_US
PLAIN = EventWeightsConfig(shrink=1e-9, power=1.0, lowest=0.0, highest=1e9)


def table(deeds: list[tuple[int, int, Kind, float]]) -> InteractionTable:
    """Deeds as (shopper, item, kind, day)."""
    deeds = sorted(deeds, key=lambda deed: (deed[0], deed[3]))
    shopper, item, kind, day = (np.array(column) for column in zip(*deeds, strict=True))
    zeros = np.zeros(len(deeds), np.int64)
    at = START + (day * DAY_US).astype(np.int64)
    return InteractionTable(shopper, item, kind.astype(np.int8), at, zeros + 1, zeros, zeros)


def shop(answered: dict[Kind, int], cases: int = 100) -> list[tuple[int, int, Kind, float]]:
    """Each kind done by ``cases`` shoppers with items of its own, of which some buy it a day later."""
    deeds = []
    for number, (kind, count) in enumerate(answered.items()):
        for who in range(cases):
            deeds.append((who, number, kind, 1.0))
            if who < count:
                deeds.append((who, number, Kind.PURCHASE, 2.0))
    return deeds


def learn(deeds, config=PLAIN) -> EventWeights:
    return event_weights_learn(table(deeds), n_items=10, until_us=UNTIL, config=config)


def of(weights: EventWeights, kind: Kind):
    return next(one for one in weights.kinds if one.kind == kind.word)


def test_a_weight_is_the_lift_over_the_average_deed():
    weights = learn(shop({Kind.VIEW: 10, Kind.CART: 50}))
    assert (of(weights, Kind.VIEW).cases, of(weights, Kind.VIEW).answered) == (100, 10)
    assert of(weights, Kind.VIEW).weight == pytest.approx(0.10 / 0.30, abs=1e-4)
    assert of(weights, Kind.CART).weight == pytest.approx(0.50 / 0.30, abs=1e-4)
    assert of(weights, Kind.PURCHASE).weight == pytest.approx(1 / 0.30, abs=1e-4)
    assert of(weights, Kind.VIEW).low < of(weights, Kind.VIEW).weight < of(weights, Kind.VIEW).high


def test_repeats_purchases_before_and_long_after_and_open_windows_do_not_count():
    base = shop({Kind.VIEW: 10, Kind.CART: 50})
    noise = [
        *[(who, 0, Kind.VIEW, 1.5) for who in range(100)],  # seen twice: one case
        *[(who, 5, Kind.PURCHASE, 1.0) for who in range(40)],  # bought first,
        *[(who, 5, Kind.LIKE, 3.0) for who in range(40)],  # liked afterwards
        *[(who, 6, Kind.SHARE, 1.0) for who in range(40)],
        *[(who, 6, Kind.PURCHASE, 30.0) for who in range(40)],  # long after
        *[(who, 7, Kind.CLICK, 99.0) for who in range(40)],  # nobody knows yet
    ]
    weights = learn(base + noise)
    assert (of(weights, Kind.VIEW).cases, of(weights, Kind.VIEW).answered) == (100, 10)
    assert (of(weights, Kind.LIKE).cases, of(weights, Kind.LIKE).answered) == (40, 0)
    assert (of(weights, Kind.SHARE).cases, of(weights, Kind.SHARE).answered) == (40, 0)
    assert of(weights, Kind.CLICK).cases == 0


def test_another_shopper_and_another_item_answer_nothing():
    deeds = [*shop({Kind.CART: 50}), *[(who, 8, Kind.VIEW, 1.0) for who in range(50)]]
    deeds += [(who, 9, Kind.PURCHASE, 2.0) for who in range(50)] + [(who, 8, Kind.PURCHASE, 2.0) for who in (60, 61)]
    assert of(learn(deeds), Kind.VIEW).answered == 0


def test_few_cases_are_shrunk_to_the_average():
    deeds = [*shop({Kind.VIEW: 20, Kind.CART: 60}), (0, 5, Kind.SHARE, 1.0), (0, 5, Kind.PURCHASE, 2.0)]
    bare, shrunk = learn(deeds), learn(deeds, replace(PLAIN, shrink=50.0))
    assert of(bare, Kind.SHARE).weight == pytest.approx(of(bare, Kind.PURCHASE).weight)
    assert of(shrunk, Kind.SHARE).weight == pytest.approx(1.0, abs=0.05)
    assert of(shrunk, Kind.SHARE).high - of(shrunk, Kind.SHARE).low > 0.2
    assert abs(of(shrunk, Kind.CART).weight - of(bare, Kind.CART).weight) < 0.35


def test_a_surer_sign_never_weighs_less():
    weights = learn(shop({Kind.VIEW: 60, Kind.FAVOURITE: 20, Kind.CART: 40}))
    view, favourite, cart = (of(weights, kind).weight for kind in (Kind.VIEW, Kind.FAVOURITE, Kind.CART))
    assert view == favourite == cart
    rising = learn(shop({Kind.VIEW: 10, Kind.FAVOURITE: 20, Kind.CART: 40}))
    assert [of(rising, kind).answered for kind in (Kind.VIEW, Kind.FAVOURITE, Kind.CART)] == [10, 20, 40]
    assert of(rising, Kind.VIEW).weight < of(rising, Kind.FAVOURITE).weight < of(rising, Kind.CART).weight


def test_deeds_of_few_shoppers_prove_less():
    """Forty of eighty carts are answered either way, but ten shoppers who buy all or nothing are ten draws."""
    views = shop({Kind.VIEW: 20}, cases=80)

    def carts(shoppers: int) -> list[tuple[int, int, Kind, float]]:
        pairs = [(who, 1000 + item) for who in range(shoppers) for item in range(80 // shoppers)]
        bought = [(who, item, Kind.PURCHASE, 2.0) for who, item in pairs if who < shoppers // 2]
        return [*((who, item, Kind.CART, 1.0) for who, item in pairs), *bought]

    few, many = (
        of(event_weights_learn(table([*views, *carts(n)]), n_items=2000, until_us=UNTIL, config=PLAIN), Kind.CART)
        for n in (10, 80)
    )
    assert few.answered == many.answered == 40
    assert few.weight == many.weight
    assert few.high - few.low > 2 * (many.high - many.low)


@pytest.mark.parametrize(
    "deeds",
    [
        [(0, 0, Kind.VIEW, 1.0)],
        [(0, 0, Kind.PURCHASE, 1.0)],
        shop({Kind.VIEW: 29}),
        [(who, 0, kind, 1.0) for who in range(40) for kind in (Kind.DISLIKE, Kind.SEARCH)],
    ],
    ids=["one view", "one purchase", "too few purchases", "no sign for an item"],
)
def test_without_purchases_every_kind_weighs_one(deeds):
    weights = learn(deeds)
    assert weights.kinds == UNIFORM.kinds
    assert "followed by a purchase" in weights.reason


def test_equal_times_count_as_after():
    """Where a file knows only days, view and purchase share a moment."""
    deeds = [(who, 0, kind, 1.0) for who in range(40) for kind in (Kind.VIEW, Kind.PURCHASE)]
    assert of(learn(deeds), Kind.VIEW).answered == 40


def test_an_entry_weighs_one_on_average():
    weights = learn(shop({Kind.VIEW: 10, Kind.CART: 50}))
    kinds = np.array([Kind.VIEW, Kind.VIEW, Kind.VIEW, Kind.CART], np.int8)
    entry = weights.of(kinds)
    assert entry.mean() == pytest.approx(1.0)
    assert entry[3] / entry[0] == pytest.approx(5.0, rel=1e-3)
    assert (UNIFORM.of(kinds) == 1).all()
    assert weights.of(kinds[:0]).shape == (0,)


def test_kinds_that_speak_against_an_item_weigh_nothing():
    assert UNIFORM.vector()[[Kind.DISLIKE, Kind.RETURN, Kind.REMOVE, Kind.SEARCH]].tolist() == [0, 0, 0, 0]


def test_staff_overrule_and_the_learned_weight_stays_known():
    weights = learn(shop({Kind.VIEW: 10, Kind.CART: 50}))
    ruled = weights.overruled({"view": 0.0})
    view = of(ruled, Kind.VIEW)
    assert (view.weight, view.by_staff, view.learned) == (0.0, True, of(weights, Kind.VIEW).weight)
    assert of(ruled, Kind.CART) == of(weights, Kind.CART)
    assert ruled.vector()[Kind.VIEW] == 0
    plain = {one["kind"]: one for one in ruled.to_json()["kinds"]}
    assert plain["view"]["learned"] == view.learned
    assert "learned" not in plain["cart"]


@pytest.mark.parametrize("given", [{"view": -1}, {"view": 1e9}, {"view": float("nan")}, {"view": True}, {"view": "2"}])
def test_a_weight_that_is_none_is_refused(given):
    with pytest.raises(DataError, match="weight of view"):
        staff_weights_check(given)


@pytest.mark.parametrize("word", ["glance", "dislike", "search"])
def test_a_kind_that_is_none_is_refused(word):
    with pytest.raises(DataError, match="no kind"):
        staff_weights_check({word: 1.0})


def test_weights_come_back_as_they_were_written():
    weights = learn(shop({Kind.VIEW: 10, Kind.CART: 60})).overruled({"view": 0.25})
    again = EventWeights.from_json(json.loads(json.dumps(weights.to_json())))
    assert repr(again) == repr(weights)  # NaN is unlike itself
    assert repr(EventWeights.from_json(json.loads(json.dumps(UNIFORM.to_json())))) == repr(UNIFORM)
