"""Weeks are stored whole and compared customer by customer."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.continual.contenders import CONTENDERS, ENCODER, FROZEN, FUSION, NEVER, SCRATCH, UPDATE, VIEWS
from benchmarks.continual.outcomes import (
    Cost,
    Outcome,
    compare,
    encoder_share,
    outcome_read,
    outcome_write,
    whole_share,
)
from benchmarks.continual.page import loss_verdict
from benchmarks.continual.weeks import Customers
from recommender.evaluation.bootstrap import Interval

COST = Cost(5.0, 100.0, 10.0, 70, 300, 2, 7, 130.0)


def outcome(number: int, users: list[int]) -> Outcome:
    """A week in which the update is a tenth below scratch for the old, above the others for the new."""
    rng = np.random.default_rng(number)
    customers = np.where(np.array(users) < 50, Customers.OLD, Customers.NEW)
    scratch = rng.uniform(0.2, 0.6, len(users))
    worth = {UPDATE: np.where(customers == Customers.OLD, 0.9, 1.0), SCRATCH: 1.0, FROZEN: 0.5, NEVER: 0.4}
    gains = {(name, view): (worth[name] * scratch).astype(np.float32) for name in CONTENDERS for view in VIEWS}
    return Outcome(number, "2011-10-15", np.array(users), customers, gains, COST)


WEEKS = [outcome(1, list(range(20, 70))), outcome(2, list(range(80)))]


def test_a_stored_week_comes_back_and_half_of_one_does_not(tmp_path):
    assert outcome_read(tmp_path / "week") is None
    outcome_write(WEEKS[0], tmp_path / "week")
    found = outcome_read(tmp_path / "week")
    assert found is not None
    assert (found.number, found.begin, found.cost) == (1, "2011-10-15", COST)
    np.testing.assert_array_equal(found.users, WEEKS[0].users)
    np.testing.assert_array_equal(found.gains[FROZEN, FUSION], WEEKS[0].gains[FROZEN, FUSION])
    (tmp_path / "week" / "outcome.json").unlink()
    assert outcome_read(tmp_path / "week") is None


def test_old_customers_lose_a_tenth_and_new_ones_gain():
    old = compare(WEEKS, ENCODER, Customers.OLD)
    assert (old.baskets, old.people) == (80, 50)
    assert old.behind_scratch.mean == pytest.approx(-0.1)
    assert -0.12 < old.behind_scratch.low < old.behind_scratch.mean < old.behind_scratch.high < -0.08
    new = compare(WEEKS, ENCODER, Customers.NEW)
    assert (new.baskets, new.people) == (50, 30)
    assert new.behind_scratch.mean == 0
    assert new.beyond_frozen.low > 0
    assert new.beyond_never.mean == pytest.approx(0.6 * new.means[SCRATCH])


def test_a_group_without_customers_has_no_figures():
    nobody = compare(WEEKS, ENCODER, Customers.FIRST)
    assert nobody.baskets == 0
    assert np.isnan(nobody.behind_scratch.mean)


def test_time_is_told_without_and_with_the_counts():
    weeks = [WEEKS[0], replace(WEEKS[1], cost=replace(COST, update=15.0))]
    assert encoder_share(weeks) == pytest.approx(20 / 200)
    assert whole_share(weeks) == pytest.approx(40 / 220)


def test_a_loss_is_surely_small_on_the_mean_or_missed():
    told = [loss_verdict(Interval(mean, low, 0.01)) for mean, low in ((-0.01, -0.019), (-0.01, -0.03), (-0.02, -0.03))]
    assert told == ["met, with its interval", "met by the mean, not by its interval", "missed"]
