"""What is kept back depends on the shopper alone, and nothing that learns sees it."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.relations import RelationTable
from recommender.data.snapshot import InteractionTable, ShopperTable, Snapshot
from recommender.training.holdout import holdout_make, judged_kept_back
from recommender.training.recipe import HoldoutConfig
from tests.fixtures.logged_shop import logged_shop

CONFIG = HoldoutConfig()


@pytest.fixture(scope="module")
def snapshot():
    return logged_shop(shoppers=90, pages=6, n=60).snapshot


def test_each_target_is_the_newest_step_and_new_to_the_shopper(snapshot):
    holdout = holdout_make(snapshot, CONFIG)
    facts = snapshot.interactions
    for part in (holdout.thirds.stop, holdout.thirds.fusion, holdout.thirds.report):
        for row, user in enumerate(part.users.tolist()):
            own = facts.item[facts.shopper == user]
            assert part.of(row).tolist() == [own[-1]]
            assert own[-1] not in holdout.train.items_of(user)


def test_thirds_share_no_shopper_and_are_about_equal(snapshot):
    thirds = holdout_make(snapshot, CONFIG).thirds
    users = np.concatenate([thirds.stop.users, thirds.fusion.users, thirds.report.users])
    assert len(np.unique(users)) == len(users)
    assert min(len(thirds.stop), len(thirds.fusion), len(thirds.report)) > len(users) / 5


def test_shoppers_who_are_not_kept_back_are_learned_whole(snapshot):
    few = holdout_make(snapshot, HoldoutConfig(max_users=12))
    kept = np.concatenate([part.users for part in (few.thirds.stop, few.thirds.fusion, few.thirds.report)])
    assert len(kept) == 12
    full = holdout_make(snapshot, HoldoutConfig(max_users=0))
    others = np.setdiff1d(np.arange(len(snapshot.shopper_ids)), kept)
    assert (few.train.lengths[others] == full.train.lengths[others]).all()
    assert (few.train.lengths[kept] == full.train.lengths[kept] - 1).all()


def test_a_shopper_keeps_their_third_when_others_come_and_go(snapshot):
    before = holdout_make(snapshot, CONFIG)
    keep = snapshot.interactions.shopper >= 30
    facts = replace(
        snapshot.interactions, **{name: column[keep] for name, column in vars(snapshot.interactions).items()}
    )
    fewer = replace(facts, shopper=facts.shopper - 30)
    left = ShopperTable.of_ids(snapshot.shopper_ids[30:])
    after = holdout_make(replace(snapshot, shoppers=left, interactions=fewer), CONFIG)
    judged_before = set(snapshot.shopper_ids[before.thirds.report.users].tolist())
    judged_after = set(snapshot.shopper_ids[30:][after.thirds.report.users].tolist())
    assert judged_after == {shopper for shopper in judged_before if shopper > 30}


def test_pages_after_the_last_learned_step_of_judged_shoppers_are_kept_back(snapshot):
    holdout = holdout_make(snapshot, CONFIG)
    kept = judged_kept_back(snapshot, holdout)
    train, judged = holdout.train, holdout.thirds.report.users
    for user in judged.tolist():
        last = train.at_us[train.start[user + 1] - 1]
        assert (kept.impressions.at_us[kept.impressions.shopper == user] <= last).all()
        assert (kept.interactions.at_us[kept.interactions.shopper == user] <= last).all()
    others = ~np.isin(snapshot.impressions.shopper, judged)
    assert (~np.isin(kept.impressions.shopper, judged)).sum() == others.sum()
    assert len(kept.impressions) < len(snapshot.impressions)


def test_a_shop_of_newcomers_keeps_nothing_back():
    one = np.zeros(1, np.int64)
    facts = InteractionTable(one, one, np.ones(1, np.int8), one, one, one, one)
    whole = logged_shop(shoppers=3, pages=1, n=60).snapshot
    lonely = Snapshot(1, 0, whole.items, ShopperTable.of_ids(np.array([1])), facts, None, RelationTable.none(), "")
    holdout = holdout_make(lonely, CONFIG)
    assert len(holdout.thirds.report) == 0
    assert len(holdout.train.item) == 1
