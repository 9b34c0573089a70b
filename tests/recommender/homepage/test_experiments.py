"""Arms of experiments: drawn once per shopper, logged with their probability, ended on time."""

from datetime import timedelta

import pytest

from recommender.models import Experiment, Impression, Knobs, PrecomputedList
from recommender.replay import replay
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with, state_set, tiny_trend
from tests.recommender.homepage.asking import page_for

pytestmark = pytest.mark.django_db


def experiment_live(tiny: TinyShop, **fields: object) -> None:
    arms = [
        {"name": "control", "share": 0.25, "knobs": {}},
        {"name": "bolder", "share": 0.75, "knobs": {"exploration": 0.4, "temperature": 2.0}},
    ]
    Experiment.objects.create(shop=tiny.shop, **{"name": "dare", "arms": arms, "enabled": True, **fields})
    Knobs.objects.create(shop=tiny.shop, exploration=0.1)
    ruleset_publish(shop=tiny.shop)


def test_the_arm_of_an_experiment_turns_the_knobs_is_logged_and_can_be_replayed(live: TinyShop) -> None:
    experiment_live(live)
    rows = [Impression.objects.get(pk=page_for(live, session=f"s{k}").impression_id) for k in range(16)]
    seen = {(row.arm, row.arm_probability, row.epsilon, row.temperature) for row in rows}
    assert seen == {("dare/control", 0.25, 0.1, 0.15), ("dare/bolder", 0.75, 0.4, 2.0)}
    assert len({row.ruleset_hash for row in rows}) == 1
    assert all(replay(row.pk).same for row in rows)


def test_a_shopper_keeps_the_arm_and_a_reload_the_page(live: TinyShop) -> None:
    experiment_live(live)
    shopper = shopper_with(live, [live.items[0]])
    first = page_for(live, shopper)
    assert page_for(live, shopper, session="elsewhere") == first
    state_set(shopper, [live.items[0], live.items[3]])
    page_for(live, shopper)
    assert len(set(Impression.objects.values_list("arm", flat=True))) == 1
    assert Impression.objects.count() == 2


def test_an_experiment_ends_on_time(live: TinyShop) -> None:
    experiment_live(live, ends_at=NOW + timedelta(minutes=5))
    shopper = shopper_with(live, [live.items[0]])
    rows = [
        Impression.objects.get(pk=page_for(live, shopper, now=NOW + timedelta(minutes=minutes)).impression_id)
        for minutes in (0, 5)
    ]
    assert rows[0].arm.startswith("dare/")
    assert (rows[1].arm, rows[1].arm_probability, rows[1].epsilon) == ("", 1.0, 0.1)


def test_a_list_made_under_another_arm_is_no_fallback(tiny: TinyShop) -> None:
    tiny_trend(tiny)
    experiment_live(tiny)
    shopper = shopper_with(tiny, [])
    drawn = Impression.objects.get(pk=page_for(tiny, shopper).impression_id).arm
    made = PrecomputedList.objects.create(shop=tiny.shop, shopper=shopper, item_ids=tiny.ids[50:70].tolist())
    for arm, degraded in (("", "shop_trending"), (drawn, "precomputed")):
        made.arm = arm
        made.save()
        shopper.state.version += 1
        shopper.state.save()
        assert page_for(tiny, shopper).degraded == degraded
