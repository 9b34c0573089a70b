import numpy as np
import pytest

from recommender.collaborative.replenishment import HORIZON_DAYS, due_probability, replenishment_fit
from recommender.data.sequences import Sequences
from recommender.data.types import DAY_US
from users.kinds import Kind

SOAP, SOFA, NEVER = 0, 1, 2


def bought(days: list[list[tuple[int, float]]], kind: Kind = Kind.PURCHASE) -> Sequences:
    """One list of (item, day) per shopper."""
    flat = [entry for one in days for entry in one]
    start = np.concatenate([[0], np.cumsum([len(one) for one in days])]).astype(np.int64)
    at_us = np.array([(1 + day) * DAY_US for _, day in flat], np.int64)
    item = np.array([item for item, _ in flat], np.int64)
    return Sequences(start, item, np.full(len(item), kind, np.int8), at_us, np.zeros(len(item), np.int64), 3)


@pytest.fixture(scope="module")
def learned() -> np.ndarray:
    """Soap is bought every thirty days, sofas hardly ever again."""
    soap = [[(SOAP, 30 * turn + shopper % 5) for turn in range(6)] for shopper in range(60)]
    sofas = [[(SOFA, shopper), *([(SOFA, shopper + 400)] if shopper % 10 == 0 else [])] for shopper in range(60)]
    return replenishment_fit(bought([*soap, *sofas]))


def test_intervals_and_shares_are_those_of_the_item(learned):
    assert np.exp(learned[SOAP, 0]) == pytest.approx(30, rel=0.1)
    assert learned[SOAP, 2] > 0.8
    assert learned[SOFA, 2] < 0.3


def test_an_item_that_nobody_bought_twice_is_the_shop_average(learned):
    assert learned[SOAP, 0] < learned[NEVER, 0] < learned[SOFA, 0]
    assert np.isfinite(learned).all()


def test_a_repeat_is_most_due_when_its_interval_is_over():
    yearly, none = np.tile(np.array([[np.log(365), 0.2, 0.5]], np.float32), (3, 1)), np.zeros(3, np.int64)
    early, due, late = due_probability(
        yearly, none, none.astype(np.float32), np.array([2.0, 365.0, 1500.0], np.float32)
    )
    assert max(early, late) < 0.001 < due
    # An even chance to come back, half of it used up, and F(393 days) − F(365 days) of the other half.
    assert due == pytest.approx(0.5 * 0.144 / 0.75, abs=0.002)


def test_own_intervals_overrule_the_item(learned):
    rows, days = learned[[SOAP, SOAP]], np.full(2, 100 - HORIZON_DAYS / 2, np.float32)
    own = np.array([0, 20]), np.array([0.0, 20 * np.log(100)], np.float32)
    without, with_own = due_probability(rows, *own, days)
    assert with_own > without


def test_without_repeats_or_purchases_nothing_is_learned():
    assert replenishment_fit(bought([[(SOAP, 0)], [(SOAP, 0.2), (SOAP, 0.9)]])).shape == (0, 3)
    assert replenishment_fit(bought([[(SOAP, 0), (SOAP, 30)]], Kind.VIEW)).shape == (0, 3)
