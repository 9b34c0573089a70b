"""Lists made many shoppers at a time are those that one decision after the other makes."""

from datetime import timedelta

import numpy as np
import pytest
from django.conf import settings as project
from django.utils import timezone

from recommender import precompute
from recommender.experiments.assignment import arm_assign, ruleset_of_arm
from recommender.facts.context import Asked, context_read, contexts_read
from recommender.models import Experiment, PrecomputedList
from recommender.serving.decide import decide
from recommender.serving.state import shopper_view
from recommender.store import bundles
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import shopper_with, tiny_live, tiny_shop
from users.consent import consent_record
from users.kinds import Kind
from users.models import Shopper

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny(settings, tmp_path):
    settings.DPE_BUNDLES = tmp_path
    yield tiny_shop(n=90, departments=3)
    bundles._opened.cache_clear()


@pytest.fixture
def people(tiny):
    """Shoppers with long, short and no histories, dislikes, fatigue; one withdrew, one has no state at all."""
    tiny_live(tiny)
    known = [shopper_with(tiny, tiny.items[k : 4 * k + 1], name=f"s{k}") for k in range(9)]
    known.append(shopper_with(tiny, tiny.of_department(1)[:6], kind=Kind.DISLIKE, name="cross"))
    state = known[3].state
    state.hidden_items, state.ignored_items = [tiny.items[40].pk], [tiny.items[5].pk]
    state.fatigue = {str(tiny.items[50].pk): 7}
    state.save()
    consent_record(shopper=known[4], purpose="personalisation", granted=False, at=timezone.now())
    known.append(Shopper.objects.create(shop=tiny.shop, external_id="stranger", language="zh-hans"))
    return known


def one_by_one(maker, shopper, now):
    """(items, scores) of the list as one request alone would make it; None without consent."""
    asked = Asked(surface="push", session="", now=now, language=shopper.language or maker.shop.language)
    context = context_read(maker.shop, shopper, asked)
    if not context.personalise:
        return None
    context = arm_assign(maker.ruleset, context, project.DPE_SECRET)
    view = shopper_view(context, maker.bundle)
    ruleset = precompute._plain(ruleset_of_arm(maker.ruleset, context.arm))
    asked = {"history_index": view.history_index, "state": view.state, "replenish": ruleset.knobs.replenish}
    gathered = maker.gather(context, **asked)
    decision = decide(context, gathered, ruleset, maker.bundle, seed=0)
    assert len(decision.reasons) == len(decision.item_ids)
    return decision.item_ids, decision.scores


def test_a_batch_makes_the_lists_that_single_decisions_make(tiny, people):
    arms = [{"name": "a", "share": 0.5, "knobs": {"diversity": 2.0}}, {"name": "b", "share": 0.5, "knobs": {}}]
    ends = timezone.now() + timedelta(hours=1)
    Experiment.objects.create(shop=tiny.shop, name="mix", arms=arms, ends_at=ends, enabled=True)
    ruleset_publish(shop=tiny.shop)
    now = timezone.now()
    maker = precompute._maker(tiny.shop, now)
    made = {one.shopper_id: one for one in maker.lists_of(people, now)}
    assert people[4].pk not in made
    assert len(made) == len(people) - 1
    assert {one.arm for one in made.values()} == {"mix/a", "mix/b"}
    for shopper in people:
        single = one_by_one(maker, shopper, now)
        if single is not None:
            items, scores = single
            assert made[shopper.pk].item_ids == items.tolist()
            np.testing.assert_allclose(made[shopper.pk].scores, scores, atol=1e-5)


def test_contexts_of_many_are_those_of_each(tiny, people):
    asked = Asked(surface="push", session="", now=timezone.now(), language="en")
    together = contexts_read(tiny.shop, people, asked)
    assert [context.language for context in together] == ["en"] * 10 + ["zh-hans"]
    for shopper, context in zip(people, together, strict=True):
        alone = context_read(tiny.shop, shopper, asked)
        assert context.state_version == alone.state_version
        assert context.personalise == alone.personalise
        for name in ("hidden_ids", "ignored_ids", "purchased_ids", "basket_ids", "fatigue_ids", "fatigue_counts"):
            np.testing.assert_array_equal(getattr(context, name), getattr(alone, name))
        np.testing.assert_array_equal(context.history.item_ids, alone.history.item_ids)


def test_statements_do_not_grow_with_shoppers(tiny, people, django_assert_max_num_queries):
    now = timezone.now()
    maker = precompute._maker(tiny.shop, now)
    with django_assert_max_num_queries(4):  # states, and the upsert in its transaction
        assert precompute._lists_write(maker, people, now) == len(people) - 1
    assert PrecomputedList.objects.count() == len(people) - 1


def test_nobody_to_make_a_list_for_is_no_error(tiny, people):
    now = timezone.now()
    assert precompute._lists_write(precompute._maker(tiny.shop, now), [people[4]], now) == 0
