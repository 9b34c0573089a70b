"""Staff see what a shopper leans towards, and the deeds that say so."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recommender.admin.portrait import portrait_view
from tests.fixtures.tiny_shop import TinyShop, tiny_served
from users.interactions import interaction_record
from users.kinds import Kind
from users.models import Shopper

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny() -> TinyShop:
    return tiny_served()


def anna(tiny: TinyShop) -> Shopper:
    shopper, now = Shopper.objects.create(shop=tiny.shop, external_id="anna"), timezone.now()
    for step, (kind, item) in enumerate([(Kind.LIKE, 0), (Kind.VIEW, 6), (Kind.DISLIKE, 1)]):
        at = now - timedelta(minutes=5 - step)
        interaction_record(shopper=shopper, kind=kind, item=tiny.items[item], at=at)
    return shopper


def test_a_weight_comes_with_the_deeds_that_made_it(tiny: TinyShop) -> None:
    view = portrait_view(anna(tiny), timezone.now())
    assert view is not None
    departments = dict(view.groups)["departments"]
    assert [(lean.name, lean.weight, lean.percent) for lean in departments] == [
        ("Department 0", "+4.0", 100),
        ("Department 1", "-3.0", 0),
    ]
    assert [deed.split(" · ")[:3] for deed in departments[0].deeds] == [
        ["+3.0", "like", "Thing 0 of room 0"],
        ["+1.0", "view", "Thing 6 of room 0"],
    ]
    assert departments[0].rest == ""
    facts = dict(view.facts)
    assert facts["buying stage"] == "comparing · Department 0"
    assert facts["price band"] == "£9.89 – £10.41"


def test_the_inspector_shows_the_profile_in_both_languages(tiny: TinyShop, staff: Client) -> None:
    shopper = anna(tiny)
    english = staff.get(reverse("admin:inspector"), {"shopper": shopper.pk}).content.decode()
    assert "buying stage" in english
    assert "What made it" in english
    chinese = staff.get(reverse("admin:inspector"), {"shopper": shopper.pk}, headers={"accept-language": "zh-hans"})
    assert "购买阶段" in chinese.content.decode()


def test_of_somebody_who_did_nothing_there_is_no_portrait(tiny: TinyShop) -> None:
    assert portrait_view(Shopper.objects.create(shop=tiny.shop), timezone.now()) is None
    assert portrait_view(None, timezone.now()) is None
