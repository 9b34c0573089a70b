from dataclasses import asdict

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from recommender.admin.rule_names import rule_title, rule_titles
from recommender.admin.rule_words import warnings_of
from recommender.admin.ruleset_changes import changes_between
from recommender.models import Rule
from recommender.store.rulesets import rule_compile, ruleset_publish
from tests.fixtures.tiny_shop import TinyShop, tiny_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny() -> TinyShop:
    return tiny_shop(n=40, departments=4)


def unnamed(tiny: TinyShop, **fields: object) -> Rule:
    about = {"action": "boost", "factor": 2.0, "target": "brand", "target_ids": [tiny.brands[0].pk], **fields}
    return Rule.objects.create(shop=tiny.shop, **about)


def test_a_rule_without_a_name_is_told_in_the_readers_language(tiny: TinyShop, staff: Client) -> None:
    rule = unnamed(tiny)
    address = reverse("admin:recommender_rule_changelist")
    english = "brand Brand 0: shows sooner, score × 2"
    assert english in staff.get(address).content.decode()
    page = staff.get(address, headers={"accept-language": "zh-hans"}).content.decode()
    assert english not in page
    with translation.override("zh-hans"):
        chinese = rule_title(rule)
        assert "Brand 0" in chinese
        assert rule_title(rule_compile(rule)) == chinese
    assert chinese in page


def test_a_name_that_staff_gave_stays(tiny: TinyShop) -> None:
    rule = unnamed(tiny, name="Summer")
    with translation.override("zh-hans"):
        assert (rule_title(rule), str(rule)) == ("Summer", "Summer")


@pytest.mark.parametrize("strength", [0.25, 4.0])
def test_a_compiled_rule_is_called_like_its_draft(tiny: TinyShop, strength: float) -> None:
    rule = unnamed(tiny, action="bury", factor=strength)
    assert rule_title(rule_compile(rule)) == rule_title(rule) == "brand Brand 0: shows later, score ÷ 4"


def test_warnings_and_changes_name_rules_by_what_they_do(tiny: TinyShop) -> None:
    first, second = unnamed(tiny), unnamed(tiny, action="exclude")
    assert any("“brand Brand 0: shows sooner, score × 2”" in words for words in warnings_of(second))
    content = {**ruleset_publish(shop=tiny.shop).content, "rules": []}
    told = changes_between(content, {**content, "rules": [asdict(rule_compile(rule)) for rule in (first, second)]})
    assert told == [
        ("brand Brand 0: shows sooner, score × 2", "new rule"),
        ("brand Brand 0: never shows", "new rule"),
    ]


def test_many_rules_are_named_with_a_question_for_each_kind_of_target(
    tiny: TinyShop, django_assert_num_queries: object
) -> None:
    rules = [unnamed(tiny, target="item", target_ids=[item.pk], slot=1, action="pin") for item in tiny.items[:9]]
    rules += [unnamed(tiny, target_ids=[brand.pk]) for brand in tiny.brands]
    with django_assert_num_queries(2):
        titles = rule_titles(rules)
    assert titles[rules[0].pk] == f"items {tiny.items[0].external_id}: pins to slot 1"
    assert len(titles) == len(rules)
