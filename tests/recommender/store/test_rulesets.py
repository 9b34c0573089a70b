"""Publishing compiles drafts to something immutable, or says what cannot work."""

from datetime import timedelta

import pytest

from recommender.data.ruleset import ArmValue, RulesetValue
from recommender.data.types import DataError
from recommender.models import Experiment, HomepageLayout, Knobs, Live, Rule, Ruleset
from recommender.store.rulesets import DEFAULT_RULESET, ruleset_publish, ruleset_read
from tests.fixtures.tiny_shop import NOW, TinyShop, tiny_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny() -> TinyShop:
    return tiny_shop(n=12)


def rule(tiny: TinyShop, **fields: object) -> Rule:
    plain = {"name": "r", "action": "boost", "target": "item", "target_ids": [tiny.items[0].pk]}
    return Rule.objects.create(shop=tiny.shop, **{**plain, **fields})


def published(tiny: TinyShop) -> RulesetValue:
    return ruleset_read(ruleset_publish(shop=tiny.shop))


def test_a_shop_without_drafts_publishes_the_defaults(tiny: TinyShop) -> None:
    value = published(tiny)
    assert value.knobs == DEFAULT_RULESET.knobs
    assert (value.rules, value.layout) == ((), ())


def test_what_is_published_is_what_was_drafted(tiny: TinyShop) -> None:
    Knobs.objects.create(shop=tiny.shop, diversity=0.7, brand_cap=2)
    made = rule(tiny, factor=3.0, priority=4, starts_at=NOW, ends_at=NOW + timedelta(days=1), segment="loyal")
    rule(tiny, enabled=False)
    HomepageLayout.objects.create(shop=tiny.shop, section="deals", position=2, n=6, minimum=2)
    HomepageLayout.objects.create(shop=tiny.shop, section="top_picks", position=1)
    value = published(tiny)
    assert (value.knobs.diversity, value.knobs.brand_cap) == (0.7, 2)
    assert [(one.id, one.factor, one.priority, one.segment) for one in value.rules] == [(made.pk, 3.0, 4, "loyal")]
    assert value.rules[0].ends_us - value.rules[0].starts_us == 86_400_000_000
    assert [(section.code, section.n, section.minimum) for section in value.layout] == [
        ("top_picks", 8, 4),
        ("deals", 6, 2),
    ]


def test_publishing_moves_the_live_pointer_and_keeps_what_was(tiny: TinyShop) -> None:
    first = ruleset_publish(shop=tiny.shop)
    rule(tiny)
    second = ruleset_publish(shop=tiny.shop, note="weekend")
    assert first.hash != second.hash
    assert Live.objects.get(shop=tiny.shop).ruleset_id == second.pk
    assert Ruleset.objects.get(pk=first.pk).content["rules"] == []


def test_equal_drafts_are_one_ruleset(tiny: TinyShop) -> None:
    assert ruleset_publish(shop=tiny.shop).pk == ruleset_publish(shop=tiny.shop).pk
    assert Ruleset.objects.count() == 1


def test_a_bury_above_one_divides(tiny: TinyShop) -> None:
    rule(tiny, action="bury", factor=4.0)
    assert published(tiny).rules[0].factor == 0.25


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"target_ids": []}, "nothing it applies to"),
        ({"action": "pin", "target": "brand", "slot": 1}, "single items"),
        ({"action": "pin"}, "needs a slot"),
        ({"starts_at": NOW, "ends_at": NOW}, "ends before it starts"),
        ({"section": "nowhere"}, "no such section"),
    ],
)
def test_a_rule_that_cannot_work_is_named(tiny: TinyShop, fields: dict[str, object], words: str) -> None:
    rule(tiny, name="weekend push", **fields)
    with pytest.raises(DataError, match=words) as error:
        ruleset_publish(shop=tiny.shop)
    assert "weekend push" in str(error.value)
    assert not Ruleset.objects.exists()


def test_a_section_that_can_never_show_is_named(tiny: TinyShop) -> None:
    HomepageLayout.objects.create(shop=tiny.shop, section="deals", n=3, minimum=4)
    with pytest.raises(DataError, match="deals"):
        ruleset_publish(shop=tiny.shop)


def experiment(tiny: TinyShop, **fields: object) -> Experiment:
    arms = [{"name": "control", "share": 0.4}, {"name": "bolder", "share": 0.6, "knobs": {"brand_cap": 2.0}}]
    return Experiment.objects.create(shop=tiny.shop, **{"name": "dare", "arms": arms, "enabled": True, **fields})


def test_enabled_experiments_are_published_with_their_arms_and_times(tiny: TinyShop) -> None:
    plain = ruleset_publish(shop=tiny.shop).hash
    experiment(tiny, name="off", enabled=False)
    assert ruleset_publish(shop=tiny.shop).hash == plain
    made = experiment(tiny, starts_at=NOW, ends_at=NOW + timedelta(days=1))
    (value,) = published(tiny).experiments
    assert value.id == made.pk
    assert value.arms == (ArmValue("dare/control", 0.4), ArmValue("dare/bolder", 0.6, {"brand_cap": 2}))
    assert value.ends_us - value.starts_us == 86_400_000_000
    before = ruleset_publish(shop=tiny.shop).hash
    made.arms[1]["knobs"]["brand_cap"] = 1
    made.save()
    assert len({plain, before, ruleset_publish(shop=tiny.shop).hash}) == 3


def test_a_ruleset_published_before_there_were_experiments_is_read(tiny: TinyShop) -> None:
    ruleset = ruleset_publish(shop=tiny.shop)
    del ruleset.content["experiments"]
    assert ruleset_read(ruleset).experiments == ()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"arms": []}, "no arms"),
        ({"arms": [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.4}]}, "do not sum to 1"),
        ({"arms": [{"name": "a", "share": 0.5}, {"name": "a", "share": 0.5}]}, "the same name"),
        ({"arms": [{"name": "a", "share": 1, "knobs": {"charm": 1}}]}, "does not exist"),
        ({"arms": [{"name": "a" * 60, "share": 1}]}, "too long"),
        ({"starts_at": NOW, "ends_at": NOW}, "ends before it starts"),
    ],
)
def test_an_experiment_that_cannot_be_drawn_is_named(tiny: TinyShop, fields: dict[str, object], words: str) -> None:
    experiment(tiny, **fields)
    with pytest.raises(DataError, match=words) as error:
        ruleset_publish(shop=tiny.shop)
    assert "dare" in str(error.value)
    assert not Ruleset.objects.exists()
