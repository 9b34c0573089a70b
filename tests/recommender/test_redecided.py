"""A logged request with today's rules or the drafts: what comes, goes and moves; on command, in the API, for staff."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recommender.data.types import DataError
from recommender.homepage import homepage_page
from recommender.models import BundleVersion, Impression, Knobs, Live, Rule
from recommender.redecided import Basis, redecide
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import TinyShop, shopper_with, tiny_live, tiny_shop, tiny_trend
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny() -> TinyShop:
    tiny = tiny_shop()
    tiny_live(tiny, leave_out=2)
    tiny_trend(tiny)
    ruleset_publish(shop=tiny.shop)
    return tiny


@pytest.fixture
def page(tiny: TinyShop) -> Impression:
    now = timezone.now()
    shopper = shopper_with(tiny, tiny.of_department(1)[:5], at=now)
    return Impression.objects.get(pk=homepage_page(shop=tiny.shop, shopper=shopper, now=now).impression_id)


def excluded(tiny: TinyShop, item: int) -> Rule:
    return Rule.objects.create(shop=tiny.shop, name="No", action="exclude", target="item", target_ids=[item])


def test_where_nothing_has_changed_nothing_differs(page: Impression) -> None:
    assert redecide(page.pk, Basis.TODAY, now=timezone.now()).changes == ()


def test_drafts_are_tried_without_being_published(tiny: TinyShop, page: Impression) -> None:
    victim = page.item_ids[0]
    excluded(tiny, victim)
    assert redecide(page.pk, Basis.TODAY, now=timezone.now()).changes == ()
    found = redecide(page.pk, Basis.DRAFT, now=timezone.now())
    gone = {one.item_id: one for one in found.changes}[victim]
    assert (gone.kind, gone.before, gone.after) == ("out", 1, 0)
    assert gone.title
    assert {one.kind for one in found.changes} >= {"in", "out"}
    assert len(found.decision.item_ids) == len(page.item_ids)
    ruleset_publish(shop=tiny.shop)
    assert repr(redecide(page.pk, Basis.TODAY, now=timezone.now()).changes) == repr(found.changes)  # NaN is itself here


def test_another_bundle_of_today_scores_otherwise(tiny: TinyShop, page: Impression) -> None:
    _bundle, version = tiny_live(tiny, seed=5)
    found = redecide(page.pk, Basis.TODAY, now=timezone.now())
    assert found.bundle_id == version.pk
    assert found.changes
    Live.objects.update(bundle=None)
    assert redecide(page.pk, Basis.TODAY, now=timezone.now()).decision.degraded


def test_what_is_gone_is_said(page: Impression) -> None:
    with pytest.raises(DataError, match="not in the log"):
        redecide(uuid4(), Basis.TODAY, now=timezone.now())
    BundleVersion.objects.update(path="")
    with pytest.raises(DataError, match="was put away"):
        redecide(page.pk, Basis.TODAY, now=timezone.now())
    with pytest.raises(CommandError, match="was put away"):
        call_command("replay", str(page.pk))


def test_the_command_tells_the_difference(tiny: TinyShop, page: Impression) -> None:
    out = StringIO()
    call_command("replay", str(page.pk), "--today", stdout=out)
    assert "would be what was shown" in out.getvalue()
    excluded(tiny, page.item_ids[0])
    call_command("replay", str(page.pk), "--draft", stdout=out)
    name = tiny.items[list(tiny.ids).index(page.item_ids[0])].external_id
    line = next(line for line in out.getvalue().splitlines() if line.startswith("out") and name in line)
    assert line.split()[-2:] == ["->", "-"], "an item that is gone has no score"
    with pytest.raises(CommandError):
        call_command("replay", str(page.pk), "--today", "--draft")


def test_staff_ask_the_api(staff: Client, tiny: TinyShop, page: Impression) -> None:
    address = f"/api/v1/requests/{page.pk}/replay"
    then = staff.get(address).json()
    assert (then["same"], then["basis"], then["changes"]) == (True, "then", [])
    excluded(tiny, page.item_ids[0])
    draft = staff.get(address, {"basis": "draft"}).json()
    assert draft["same"] is False
    first = next(one for one in draft["changes"] if one["slot_before"] == 1)
    assert (first["kind"], first["slot_after"], first["score_after"]) == ("out", 0, None)
    assert staff.get(address, {"basis": "tomorrow"}).status_code == 400
    gone = staff.get(f"/api/v1/requests/{uuid4()}/replay")
    assert gone.status_code == 404
    assert "not in the log" in gone.json()["detail"]


def test_only_staff_who_may_look_are_answered(page: Impression) -> None:
    address = f"/api/v1/requests/{page.pk}/replay"
    assert Client().get(address).status_code in (401, 403)
    client = Client()
    client.force_login(User.objects.create_user("bob", "b@example.com", "x"))
    assert client.get(address).status_code == 403
    other = Client()
    other.force_login(User.objects.create_user("eve", "e@example.com", "x", is_staff=True))
    assert other.get(address).status_code == 403


def test_the_inspector_shows_the_difference(staff: Client, tiny: TinyShop, page: Impression) -> None:
    Knobs.objects.create(shop=tiny.shop, temperature=3.0)
    address = reverse("admin:inspector_replay", args=[page.pk])
    assert f"{address}?basis=draft" in staff.get(reverse("admin:inspector"), {"q": page.pk}).content.decode()
    told = staff.get(address, {"basis": "draft"})
    assert "Decided with the drafts" in told.content.decode()
    _kind, _title, before, after, score_before, score_after = told.context["changes"][0]
    assert f"<td>{before} → {after}</td><td>{score_before} → {score_after}</td>" in told.content.decode()
    assert "would be what was shown" in staff.get(address, {"basis": "today"}).content.decode()
