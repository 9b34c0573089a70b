"""A rule limited to a segment that staff defined holds for its members alone, from the next request on."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recommender.admin.choices import segments
from recommender.admin.money_field import MoneyField
from recommender.homepage import homepage_page
from recommender.models import Impression, RequestLog, Rule, Segment
from recommender.replay import inspect_request
from recommender.serving.pack import request_unpack
from recommender.store.live import serving_read
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import TinyShop, tiny_served
from users.interactions import interaction_record
from users.kinds import Kind
from users.models import Shopper

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny() -> TinyShop:
    return tiny_served()


def fan_of(tiny: TinyShop, department: int) -> Shopper:
    shopper, now = Shopper.objects.create(shop=tiny.shop), timezone.now()
    for step, item in enumerate(tiny.of_department(department)[:4]):
        interaction_record(shopper=shopper, kind=Kind.VIEW, item=item, at=now - timedelta(minutes=9 - step))
    return shopper


def first_item(tiny: TinyShop, shopper: Shopper) -> int:
    homepage_page(shop=tiny.shop, shopper=shopper, now=timezone.now())
    return Impression.objects.order_by("-id").first().item_ids[0]


def limited_pin(tiny: TinyShop) -> int:
    """Pin an item for those who lean towards department 1."""
    conditions = {"department": tiny.departments[1].pk, "share": 0.5}
    Segment.objects.create(shop=tiny.shop, name="first room", conditions=conditions)
    pinned = tiny.items[50].pk
    Rule.objects.create(
        shop=tiny.shop, name="p", action="pin", slot=1, target="item", target_ids=[pinned], segment="first room",
        section="top_picks", surface="homepage",
    )  # fmt: skip
    ruleset_publish(shop=tiny.shop)
    return pinned


def shown(tiny: TinyShop, shopper: Shopper) -> set[int]:
    first_item(tiny, shopper)
    impression = Impression.objects.order_by("-id").first()
    return {item for item, forced in zip(impression.item_ids, impression.forced, strict=True) if forced}


def test_members_see_the_rule_and_others_do_not_and_the_log_knows(tiny: TinyShop) -> None:
    pinned = limited_pin(tiny)
    member, other = fan_of(tiny, 1), fan_of(tiny, 2)
    assert pinned in shown(tiny, member)
    log = RequestLog.objects.order_by("-pk").first()
    context, _gathered = request_unpack(bytes(log.payload), serving_read(tiny.shop.pk).bundle)
    assert context.segments == ("first room",)
    assert inspect_request(log.pk).same
    assert pinned not in shown(tiny, other)


def test_only_segments_that_rules_name_are_in_the_ruleset(tiny: TinyShop) -> None:
    Segment.objects.create(shop=tiny.shop, name="unused", conditions={"who": "guest"})
    assert "segments" not in ruleset_publish(shop=tiny.shop).content
    limited_pin(tiny)
    assert [one.name for one in serving_read(tiny.shop.pk).ruleset.segments] == ["first room"]


def form(tiny: TinyShop, **said: object) -> dict[str, object]:
    return {"shop": tiny.shop.pk, "name": "room", **said}


def test_staff_define_a_segment_and_see_its_members(tiny: TinyShop, staff: Client) -> None:
    member = fan_of(tiny, 1)
    fan_of(tiny, 2)
    address = reverse("admin:recommender_segment_add")
    answer = staff.post(address, form(tiny, department=tiny.departments[1].pk, share=60), follow=True)
    assert "1 shopper now" in answer.content.decode()
    segment = Segment.objects.get()
    assert segment.conditions == {"department": tiny.departments[1].pk, "share": 0.6}
    page = staff.get(reverse("admin:recommender_segment_change", args=[segment.pk])).content.decode()
    assert f"?shopper={member.pk}" in page
    assert "50.0% (4 / 8)" in page
    assert ("room", "room") in segments(tiny.shop)


def test_prices_are_typed_as_people_write_them(tiny: TinyShop, staff: Client) -> None:
    staff.post(reverse("admin:recommender_segment_add"), form(tiny, price_from="12.50", price_to="99"))
    segment = Segment.objects.get()
    assert segment.conditions == {"price_from": 1250, "price_to": 9900}
    page = staff.get(reverse("admin:recommender_segment_change", args=[segment.pk]))
    shown = page.context["adminform"].form
    assert [str(shown[name].value()) for name in ("price_from", "price_to")] == ["12.50", "99.00"]
    assert "usual price from (GBP)" in page.content.decode().lower().replace("gbp", "GBP")
    assert not shown.fields["price_from"].has_changed(1250, "12.5")
    assert MoneyField("JPY", required=False).clean("1250") == 1250
    with pytest.raises(ValidationError):
        MoneyField("GBP").clean("0.001")


@pytest.mark.parametrize("said", [{}, {"quiet_from": 5, "quiet_to": 4}, {"share": 0, "who": "guest"}, {"shop": "x"}])
def test_a_segment_of_everybody_or_of_nobody_is_refused(tiny: TinyShop, staff: Client, said: dict) -> None:
    staff.post(reverse("admin:recommender_segment_add"), form(tiny, **said))
    assert not Segment.objects.exists()
