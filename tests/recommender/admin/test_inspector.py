"""The inspector on a shop that a bundle serves: every card's road, the replay, and where a replay differs."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import ItemText
from recommender.admin.inspector_cards import Field, number_words
from recommender.homepage import homepage_page
from recommender.models import Impression, Rule
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import TinyShop, shopper_with, tiny_served
from users.models import Shopper, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny() -> TinyShop:
    return tiny_served()


def shown(tiny: TinyShop, shopper: Shopper) -> Impression:
    homepage_page(shop=tiny.shop, shopper=shopper, now=timezone.now())
    return Impression.objects.order_by("-id").first()


def inspected(staff: Client, **query: object) -> dict[str, object]:
    answer = staff.get(reverse("admin:inspector"), query)
    assert answer.status_code == 200
    return answer.context


def cards(context: dict[str, object]) -> list:
    return [view for _title, views in context["sections"] for view in views]


def test_a_request_by_its_id_shows_every_card_with_its_road(staff: Client, tiny: TinyShop) -> None:
    boosted = tiny.items[7]
    rule = Rule.objects.create(
        shop=tiny.shop, name="More of seven", action="boost", factor=3, target="item", target_ids=[boosted.pk]
    )
    ruleset_publish(shop=tiny.shop)
    shopper = shopper_with(tiny, tiny.of_department(1)[:5], name="anna", at=timezone.now())
    page = shown(tiny, shopper)
    context = inspected(staff, q=page.pk)
    views = cards(context)
    assert [view.card.item_id for view in views] == page.item_ids
    assert context["inspection"].same is True
    for view in views:
        assert view.sources
        assert view.strongest
        assert 0 <= view.base.percent <= 100
        assert view.propensity.endswith("%")
    ruled = [view for view in views if view.card.item_id == boosted.pk]
    assert [view.rules for view in ruled] == [[f"{rule.name}: × 3"]]
    assert len(context["history"]) == 5
    assert context["not_shown"]


def test_a_shopper_by_any_name_sees_the_preview_of_their_page(staff: Client, tiny: TinyShop) -> None:
    shopper = shopper_with(tiny, tiny.of_department(1)[:5], name="anna", at=timezone.now())
    shopper.user = User.objects.create_user("anna-login", "a@example.com", "x")
    shopper.save()
    before = Impression.objects.count()
    for query in ({"q": "anna"}, {"q": "anna-login"}, {"q": shopper.pk}, {"shopper": shopper.pk}):
        context = inspected(staff, **query)
        assert context["inspection"].shopper_id == shopper.pk
        assert context["inspection"].request_id is None
        assert cards(context)
    assert Impression.objects.count() == before


def test_replay_now_says_the_same_and_otherwise_where(staff: Client, tiny: TinyShop) -> None:
    page = shown(tiny, shopper_with(tiny, tiny.of_department(1)[:5], at=timezone.now()))
    address = reverse("admin:inspector_replay", args=[page.pk])
    assert "the same page" in staff.get(address).content.decode()
    page.item_ids[0], page.item_ids[1] = page.item_ids[1], page.item_ids[0]
    page.save()
    answer = staff.get(address)
    assert "another page" in answer.content.decode()
    assert {1, 2} <= {difference.slot for difference in answer.context["differences"]}
    assert answer.context["differences"][0].then != answer.context["differences"][0].now
    ItemText.objects.filter(item=page.item_ids[0], language="zh-hans").update(title="铜灯")
    told = staff.get(address, headers={"accept-language": "zh-hans"}).context["differences"]
    assert "铜灯" in told[0].then


def test_a_request_that_is_not_in_the_log_cannot_be_replayed(staff: Client, tiny: TinyShop) -> None:
    page = Impression.objects.create(
        shop=tiny.shop, surface="homepage", decision_key="k", shown_at=timezone.now() - timedelta(days=1)
    )
    assert "not in the log" in staff.get(reverse("admin:inspector_replay", args=[page.pk])).content.decode()


def test_a_measure_is_its_place_among_all_candidates() -> None:
    field = Field([{"components": {"rules": value}, "base": None} for value in (1.0, 2.0, 3.0, 4.0)])
    assert field.measure("components", "rules", 3.0).percent == 50
    assert field.measure("components", "rules", None).value == "–"
    assert field.measure("score", "base", 1.0).value == "–"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0"), (0.12345, "0.123"), (1e-6, "1.0e-06"), (float("nan"), "–"), (None, "–"), (-7.057, "-7.06")],
)
def test_numbers_are_short(value: float | None, words: str) -> None:
    assert number_words(value) == words
