"""Lists made ahead: for everybody, only where needed, and by the same rules as pages."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from catalog.models import Item, Outbox, Tag
from recommender import precompute
from recommender.data.ruleset import RulesetValue, RuleValue
from recommender.data.types import DataError
from recommender.jobs import job_ask, job_run
from recommender.models import Experiment, JobRun, Knobs, PrecomputedList, Rule
from recommender.store import bundles
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import shopper_with, state_set, tiny_live, tiny_shop
from users.consent import consent_record
from users.interactions import interaction_record
from users.kinds import Kind
from users.models import Shopper, ShopperState
from workers import tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny(settings, tmp_path):
    settings.DPE_BUNDLES = tmp_path
    precompute._maker_kept.cache_clear()
    yield tiny_shop(n=60, departments=3)
    bundles._opened.cache_clear()


@pytest.fixture
def people(tiny):
    return [shopper_with(tiny, tiny.of_department(k % 3)[:3], name=f"s{k}") for k in range(4)]


def run(tiny, **params):
    job = job_ask(shop=tiny.shop, kind="precompute", params=params)
    return job_run(job.pk, {"precompute": precompute.lists_precompute})


def test_everybody_gets_a_list_of_what_they_have_not_met(tiny, people):
    _, version = tiny_live(tiny)
    assert run(tiny).result == {"made": 4, "bundle": version.pk}
    for shopper in people:
        made = PrecomputedList.objects.get(pk=shopper.pk)
        assert made.bundle_id == version.pk
        assert len(set(made.item_ids)) == len(made.item_ids) > 20
        assert not set(made.item_ids) & set(shopper.state.recent_items)
        assert len(made.scores) == len(made.item_ids)
        assert made.scores[0] > made.scores[-1]


def test_lists_differ_with_what_shoppers_did(tiny, people):
    tiny_live(tiny)
    run(tiny)
    lists = [PrecomputedList.objects.get(pk=shopper.pk).item_ids[:10] for shopper in people]
    assert lists[0] != lists[1]
    assert lists[0] == lists[3]


def test_only_stale_lists_are_made_again(tiny, people):
    tiny_live(tiny)
    run(tiny)
    assert run(tiny).result["made"] == 0
    state_set(people[0], tiny.of_department(2)[:5])
    people[0].state.refresh_from_db()
    type(people[0].state).objects.filter(pk=people[0].pk).update(updated_at=PrecomputedList.objects.first().made_at)
    assert run(tiny).result["made"] == 0
    later = PrecomputedList.objects.first().made_at.replace(year=2999)
    type(people[0].state).objects.filter(pk=people[0].pk).update(updated_at=later)
    assert run(tiny).result["made"] == 1
    tiny_live(tiny, seed=1)
    assert run(tiny).result["made"] == 4


def test_lists_are_made_again_once_the_time_of_a_rule_is_over(tiny, people, monkeypatch):
    tiny_live(tiny)
    now, pinned = timezone.now(), tiny.items[50].pk
    window = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(hours=1)}
    Rule.objects.create(shop=tiny.shop, name="r", action="pin", target="item", target_ids=[pinned], slot=1, **window)
    ruleset_publish(shop=tiny.shop)
    assert [run(tiny).result["made"] for _ in range(2)] == [4, 0]
    assert {made.item_ids[0] for made in PrecomputedList.objects.all()} == {pinned}
    monkeypatch.setattr(precompute.timezone, "now", lambda: now + timedelta(hours=2))
    assert [precompute.shard_precompute(tiny.shop, 0, 1, lambda done, total: None) for _ in range(2)] == [4, 0]
    assert pinned not in {made.item_ids[0] for made in PrecomputedList.objects.all()}


def test_a_list_is_made_again_on_the_day_something_bought_is_used_up(tiny, monkeypatch):
    tiny_live(tiny)
    now, (soap, sofa, salt) = timezone.now(), tiny.items[6:9]
    Item.objects.filter(pk__in=(soap.pk, salt.pk)).update(attributes={"lasts_days": 30})
    Knobs.objects.create(shop=tiny.shop, replenish=0.5)
    ruleset_publish(shop=tiny.shop)
    buyers = {
        name: shopper_with(tiny, bought, kind=Kind.PURCHASE, at=now - timedelta(days=10), name=name)
        for name, bought in (("soap", [soap, sofa]), ("sofa", [sofa]))
    }
    buyers["salt long ago"] = shopper_with(tiny, tiny.items[20:22], at=now - timedelta(days=12), name="salt")
    for name, bought in (("soap", [soap, sofa]), ("sofa", [sofa]), ("salt long ago", [salt])):
        ShopperState.objects.filter(pk=buyers[name].pk).update(purchased_items=[item.pk for item in bought])

    def made(days: float) -> set[str]:
        """Whose lists a run after so many days makes."""
        moment = now + timedelta(days=days)
        monkeypatch.setattr(precompute.timezone, "now", lambda: moment)
        precompute.shard_precompute(tiny.shop, 0, 1, lambda done, total: None)
        fresh = set(PrecomputedList.objects.filter(made_at=moment).values_list("pk", flat=True))
        return {name for name, shopper in buyers.items() if shopper.pk in fresh}

    assert made(0.01) == set(buyers)
    assert soap.pk not in PrecomputedList.objects.get(pk=buyers["soap"].pk).item_ids
    assert [made(days) for days in (1, 2.9, 3.1, 4, 5.1, 6)] == [
        set(),
        set(),
        {"salt long ago"},
        set(),
        {"soap"},
        set(),
    ]
    assert soap.pk in PrecomputedList.objects.get(pk=buyers["soap"].pk).item_ids
    assert salt.pk in PrecomputedList.objects.get(pk=buyers["salt long ago"].pk).item_ids


def test_where_nothing_returns_no_list_is_made_again_for_what_is_used_up(tiny, monkeypatch):
    tiny_live(tiny)
    now, soap = timezone.now(), tiny.items[6]
    Item.objects.filter(pk=soap.pk).update(attributes={"lasts_days": 30})
    Knobs.objects.create(shop=tiny.shop, replenish=0.0)
    ruleset_publish(shop=tiny.shop)
    buyer = shopper_with(tiny, [soap], kind=Kind.PURCHASE, at=now, name="soap")
    ShopperState.objects.filter(pk=buyer.pk).update(purchased_items=[soap.pk])
    assert run(tiny).result["made"] == 1
    monkeypatch.setattr(precompute.timezone, "now", lambda: now + timedelta(days=40))
    assert precompute.shard_precompute(tiny.shop, 0, 1, lambda done, total: None) == 0


def test_a_list_is_made_under_the_arm_of_its_shopper_and_again_when_the_experiment_ends(tiny, people):
    tiny_live(tiny)
    run(tiny)
    plain = [made.item_ids for made in PrecomputedList.objects.order_by("pk")]
    ends = timezone.now() + timedelta(hours=1)
    arms = [{"name": "all", "share": 1.0, "knobs": {"diversity": 2.0}}, {"name": "none", "share": 0.0, "knobs": {}}]
    Experiment.objects.create(shop=tiny.shop, name="new", arms=arms, ends_at=ends, enabled=True)
    ruleset_publish(shop=tiny.shop)
    assert run(tiny).result["made"] == 4
    assert run(tiny).result["made"] == 0
    lists = PrecomputedList.objects.order_by("pk")
    assert {made.arm for made in lists} == {"new/all"}
    assert all(made.item_ids != before for made, before in zip(lists, plain, strict=True))
    maker = precompute._maker(tiny.shop, timezone.now())
    assert precompute._stale(maker, ends).count() == 4


def test_shards_share_the_work(tiny, people):
    tiny_live(tiny)
    made = [run(tiny, shard=shard, shards=3).result["made"] for shard in range(3)]
    assert sum(made) == 4
    assert PrecomputedList.objects.count() == 4


def test_what_is_hidden_or_sold_out_is_not_listed(tiny, people):
    tiny_live(tiny)
    gone = tiny.of_department(0)[5:8]
    Item.objects.filter(pk=gone[0].pk).update(status="hidden")
    Item.objects.filter(pk=gone[1].pk).update(stock=0)
    shopper = people[0]
    shopper.state.hidden_items = [gone[2].pk]
    shopper.state.save()
    run(tiny)
    assert not {item.pk for item in gone} & set(PrecomputedList.objects.get(pk=shopper.pk).item_ids)


def test_one_shopper_is_refreshed_alone(tiny, people):
    tiny_live(tiny)
    assert precompute.list_refresh(tiny.shop, people[1].pk)
    assert [row.pk for row in PrecomputedList.objects.all()] == [people[1].pk]
    merged = Shopper.objects.create(shop=tiny.shop, merged_into=people[0])
    assert not precompute.list_refresh(tiny.shop, merged.pk)


def test_the_list_of_who_withdraws_consent_is_removed_by_the_message_that_follows(tiny, people):
    tiny_live(tiny)
    run(tiny)
    shopper = people[1]
    consent_record(shopper=shopper, purpose="personalisation", granted=False, at=timezone.now())
    message = Outbox.objects.get(topic="shopper.changed")
    tasks.shopper_changed(str(message.pk))
    assert not PrecomputedList.objects.filter(pk=shopper.pk).exists()
    assert PrecomputedList.objects.count() == len(people) - 1
    message.refresh_from_db()
    assert message.handled_at is not None
    assert run(tiny).result["made"] == 0, "the next run leaves them out too"


def test_a_withdrawal_is_announced_also_where_the_minute_has_had_a_message(tiny, people):
    now = timezone.now()
    interaction_record(shopper=people[0], kind=Kind.VIEW, item=tiny.items[0], at=now)
    for granted in (False, True):
        consent_record(shopper=people[0], purpose="personalisation", granted=granted, at=now)
    assert Outbox.objects.filter(topic="shopper.changed").count() == 3


def test_without_a_bundle_the_job_says_what_is_missing(tiny, people):
    failed = run(tiny)
    assert failed.status == JobRun.Status.FAILED
    assert "train one first" in failed.error
    assert not precompute.list_refresh(tiny.shop, people[0].pk)


def test_published_rules_hold_and_chance_does_not(tiny, people):
    tiny_live(tiny)
    banned = tuple(int(item.pk) for item in tiny.of_department(0))
    rule = RuleValue(1, "no", "exclude", "item", banned)
    plain = precompute._plain(RulesetValue("x", precompute.serving_read(tiny.shop.pk).ruleset.knobs, (rule,)))
    assert plain.rules == (rule,)
    assert (plain.knobs.exploration, plain.knobs.temperature) == (0.0, 0.0)
    assert np.isfinite(plain.knobs.diversity)


def test_rules_about_tags_hold_in_lists_and_items_they_pin_are_in_them(tiny, people):
    tiny_live(tiny)
    tag = Tag.objects.create(shop=tiny.shop, name="loud")
    run(tiny)
    met = set(people[0].state.recent_items)
    plain = PrecomputedList.objects.get(pk=people[0].pk).item_ids
    loud = plain[:3]
    for item in loud:
        Item.objects.get(pk=item).tags.add(tag)
    pinned = next(item.pk for item in reversed(tiny.items) if item.pk not in {*plain[:30], *met})
    Rule.objects.create(shop=tiny.shop, name="hush", action="exclude", target="tag", target_ids=[tag.pk])
    Rule.objects.create(shop=tiny.shop, name="first", action="pin", target="item", target_ids=[pinned], slot=1)
    ruleset_publish(shop=tiny.shop)
    assert run(tiny).result["made"] == 4
    made = PrecomputedList.objects.get(pk=people[0].pk).item_ids
    assert not set(loud) & set(made)
    assert made[0] == pinned


def test_a_shop_without_items_cannot_have_lists(tiny):
    _, version = tiny_live(tiny)
    Item.objects.all().update(status="draft")
    with pytest.raises(DataError, match="no item"):
        precompute._items_of(tiny.shop, bundles.bundle_open(version), version.created_at)
