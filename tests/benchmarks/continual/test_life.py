"""A tiny shop lives on after its first training; what is stored is not done again."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.continual import life
from benchmarks.continual.contenders import CONTENDERS, ENCODER, NEVER, SCRATCH, UPDATE, VIEWS, Shop
from benchmarks.continual.page import Run, json_of, page_of
from benchmarks.continual.weeks import WEEK_US, Customers
from recommender.data.sequences import Sequences
from recommender.data.types import DAY_US
from recommender.encoders.update import UpdateConfig
from recommender.serving.bundle import bundle_load
from recommender.training.recipe import HoldoutConfig
from tests.recommender.trials.shop import SMALL, N, catalogue, walks
from users.kinds import Kind

pytestmark = pytest.mark.usefixtures("one_thread")

FIRST = 10 * WEEK_US


def sequences() -> Sequences:
    """Walks of a step a week: half of the customers ends with the data, a few begin only after the first training."""
    lists = walks(120)
    start = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)
    begin = np.array([13 - len(one) if user % 2 else user % 4 for user, one in enumerate(lists)])
    begin[-12:] = 10 + np.arange(12) % 2
    week = np.concatenate([begin[user] + np.arange(len(one)) for user, one in enumerate(lists)])
    item = np.concatenate([np.array(one) for one in lists])
    kind = np.full(len(item), Kind.PURCHASE, np.int8)
    day = np.repeat(np.arange(len(lists)) % 7, [len(one) for one in lists])
    at_us = week.astype(np.int64) * WEEK_US + day * DAY_US
    return Sequences(start, item, kind, at_us, np.arange(len(item)) + 1, N)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(
        sequences(),
        catalogue(),
        replace(SMALL, models=()),
        UpdateConfig(epochs=1, replay=0.2),
        HoldoutConfig(),
        FIRST,
        nights=2,
        seed=0,
        stages=lambda *_: None,
    )


@pytest.fixture(scope="module")
def lived(shop, tmp_path_factory):
    folder = tmp_path_factory.mktemp("life")
    return folder, life.weeks_live(shop, 1, folder)[0]


def test_everybody_is_asked_the_same_and_the_update_reads_less(lived):
    folder, week = lived
    assert week.number == 1
    assert set(week.customers.tolist()) == set(Customers)
    assert set(week.gains) == {(name, view) for name in CONTENDERS for view in VIEWS}
    assert all(gain.shape == week.users.shape for gain in week.gains.values())
    assert 0 < week.cost.update_entries < week.cost.scratch_entries
    assert len(bundle_load(folder / "first" / "bundle")) <= len(bundle_load(folder / "week-1" / UPDATE)) <= N


def test_learning_is_worth_something(lived):
    for name in (UPDATE, SCRATCH):
        assert lived[1].gains[name, ENCODER].mean() > 0.3  # a random order of 40 items has .11


def test_what_is_stored_is_not_done_again(shop, lived, monkeypatch):
    folder, week = lived
    monkeypatch.setattr(life, "taught", None)  # nothing can be learned now
    (again,) = life.weeks_live(shop, 1, folder)
    np.testing.assert_array_equal(again.gains[NEVER, ENCODER], week.gains[NEVER, ENCODER])
    (folder / "week-1" / "outcome.json").unlink()  # as if killed a moment earlier
    with pytest.raises(TypeError):
        life.weeks_live(shop, 1, folder)


def test_the_page_tells_goals_groups_and_weeks(shop, lived):
    run = Run("python -m benchmarks.continual", "a machine", "2026-01-01", 60.0)
    page = page_of(run, shop, [lived[1]])
    assert "| loss on old customers against scratch < 2%, encoder alone |" in page
    assert page.count("| encoder alone | ") == len(Customers)
    assert "- Updates per week: 2; 1 epochs at 0.0005, replay 0.2" in page
    told = json_of(run, shop, [lived[1]])
    assert [week["number"] for week in told["weeks"]] == [1]
    assert 0 < told["cost"]["encoder"] < told["cost"]["with_counts"]
