"""Lists made ahead for messages: who may read them, whose they are, what is left out."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from catalog.items import item_hide
from catalog.models import Item
from recommender import lists_api
from recommender.models import Live, PrecomputedList
from recommender.store.rulesets import ruleset_publish
from recommender.store.switches import Switches, switches_turn
from users.models import Consent, Shopper, ShopperState, User

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/lists"


@pytest.fixture
def people(shop) -> list[Shopper]:
    """Three shoppers with a list of the same six lamps."""
    lamps = [item.pk for item in Item.objects.filter(external_id__startswith="lamps").order_by("external_id")]
    people = [Shopper.objects.create(shop=shop, external_id=name) for name in ("ann", "bo", "cy")]
    for one in people:
        ShopperState.objects.create(shopper=one, shop=shop)
        PrecomputedList.objects.create(
            shopper=one, shop=shop, made_at=timezone.now(), item_ids=lamps, scores=[0.0] * len(lamps), ruleset_hash="r"
        )
    return people


@pytest.fixture
def sender(db) -> Client:
    """Somebody of the staff who may read lists and nothing else."""
    user = User.objects.create_user("sender", "s@example.com", "x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_precomputedlist"))
    client = Client()
    client.force_login(user)
    return client


def read(client: Client, **query: object) -> dict:
    answer = client.get(ADDRESS, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_lists_are_read_by_staff_who_may(people, sender) -> None:
    assert Client().get(ADDRESS).status_code in (401, 403)
    other = Client()
    other.force_login(User.objects.create_user("eve", "e@example.com", "x", is_staff=True))
    assert other.get(ADDRESS).status_code == 403
    found = read(sender)
    assert [one["shopper"] for one in found["lists"]] == ["ann", "bo", "cy"]
    assert found["lists"][0]["items"] == [f"lamps-{n}" for n in range(6)]
    assert found["next"] is None


def test_only_those_who_want_messages(shop, people, sender) -> None:
    Consent.objects.create(shop=shop, shopper=people[0], purpose="push", granted=False)
    assert [one["shopper"] for one in read(sender)["lists"]] == ["bo", "cy"]
    shop.consent_required = True
    shop.save()
    Consent.objects.create(shop=shop, shopper=people[1], purpose="push", granted=True)
    assert [one["shopper"] for one in read(sender)["lists"]] == ["bo"]
    merged = Shopper.objects.create(shop=shop, merged_into=people[1])
    Consent.objects.create(shop=shop, shopper=merged, purpose="push", granted=False)
    assert read(sender)["lists"] == []


def test_what_may_not_be_shown_any_more_is_left_out(people, sender) -> None:
    gone, adult, sold_out, hidden = Item.objects.filter(external_id__startswith="lamps").order_by("external_id")[:4]
    item_hide(item=gone)
    Item.objects.filter(pk=adult.pk).update(adult=True)
    Item.objects.filter(pk=sold_out.pk).update(stock=0)
    ShopperState.objects.filter(shopper=people[0]).update(hidden_items=[hidden.pk])
    lists = read(sender)["lists"]
    assert lists[0]["items"] == ["lamps-4", "lamps-5"]
    assert lists[1]["items"] == ["lamps-3", "lamps-4", "lamps-5"]


def test_pages_follow_each_other(people, sender, monkeypatch) -> None:
    monkeypatch.setattr(lists_api, "PAGE", 2)
    first = read(sender)
    assert [one["shopper"] for one in first["lists"]] == ["ann", "bo"]
    second = read(sender, after=first["next"])
    assert ([one["shopper"] for one in second["lists"]], second["next"]) == (["cy"], None)
    assert sender.get(ADDRESS, {"after": "soon"}).status_code == 400


@pytest.mark.parametrize("switches", [Switches(rules_off=True), Switches(plain_surfaces=("push",))])
def test_while_something_is_switched_lists_made_before_wait(shop, people, sender, switches) -> None:
    ruleset_publish(shop=shop)
    switches_turn(shop=shop, switches=switches)
    assert read(sender)["lists"] == []
    PrecomputedList.objects.filter(shopper=people[2]).update(ruleset_hash=Live.objects.get(shop=shop).ruleset.hash)
    assert [one["shopper"] for one in read(sender)["lists"]] == ["cy"]
