"""Learned segments from a bundle to the page: rows, names, rules, trends, staff, and nobody's without consent."""

from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from catalog.models import Tag
from recommender.admin.choices import segments
from recommender.admin.portrait import portrait_view
from recommender.admin.rule_words import warnings_of
from recommender.data.learned_segments import InterestSpace, LearnedSegment, LearnedSegments, Liking
from recommender.erase import shopper_erase
from recommender.facts.context import Asked, context_plain, context_read
from recommender.homepage import homepage_page
from recommender.models import Impression, RequestLog, Rule, Segment
from recommender.redecided import Basis, redecide
from recommender.replay import inspect_request
from recommender.serving.pack import request_unpack
from recommender.store.learned_segments import learned_segments_keep
from recommender.store.live import serving_read
from recommender.store.rulesets import ruleset_publish
from recommender.store.segment_members import segment_members, segment_size
from recommender.store.segments import segments_with
from recommender.trends import trend_refresh
from tests.fixtures.tiny_shop import TinyShop, tiny_live, tiny_shop, tiny_trend
from users.consent import consent_record
from users.interactions import interaction_record
from users.kinds import Kind
from users.models import Shopper
from users.segment_members import tastes_read

pytestmark = pytest.mark.django_db


def rooms_apart(tiny: TinyShop, keys: tuple[str, ...] = ("a-1", "a-2")) -> LearnedSegments:
    """Segments of those who like department 0, 1 and so on, one for each key."""
    departments = tuple(one.pk for one in tiny.departments)
    space = InterestSpace(departments, ())
    centres = np.hstack([np.eye(len(departments)), np.zeros((len(departments), 1))])[: len(keys)]
    told = [
        LearnedSegment(key, 20, (Liking("departments", departments[k], 0.8, 4.0),), (900, 1000, 1200), 0.9 * k)
        for k, key in enumerate(keys)
    ]
    return LearnedSegments(space, centres, tuple(told), 0.5, new=keys)


@pytest.fixture
def tiny() -> TinyShop:
    tiny = tiny_shop()
    found = rooms_apart(tiny)
    tiny_live(tiny, segments=found)
    tiny_trend(tiny)
    learned_segments_keep(tiny.shop, found)
    return tiny


def fan_of(tiny: TinyShop, department: int, n: int = 4) -> Shopper:
    shopper, now = Shopper.objects.create(shop=tiny.shop), timezone.now()
    for step, item in enumerate(tiny.of_department(department)[:n]):
        interaction_record(shopper=shopper, kind=Kind.VIEW, item=item, at=now - timedelta(minutes=9 - step))
    return shopper


def context_of(tiny: TinyShop, shopper: Shopper):
    serving = serving_read(tiny.shop.pk)
    asked = Asked(surface="homepage", session="", now=timezone.now())
    return context_read(tiny.shop, shopper, asked, serving.ruleset.segments, serving.learned_segments)


def pin_for(tiny: TinyShop, segment: str) -> int:
    Rule.objects.create(
        shop=tiny.shop, name="p", action="pin", slot=1, target="item", target_ids=[tiny.items[50].pk],
        segment=segment, section="top_picks", surface="homepage",
    )  # fmt: skip
    ruleset_publish(shop=tiny.shop)
    return tiny.items[50].pk


def forced(tiny: TinyShop, shopper: Shopper) -> set[int]:
    homepage_page(shop=tiny.shop, shopper=shopper, now=timezone.now())
    shown = Impression.objects.order_by("-id").first()
    return {item for item, is_forced in zip(shown.item_ids, shown.forced, strict=True) if is_forced}


def test_rows_are_named_by_what_is_liked_in_the_shops_language(tiny: TinyShop) -> None:
    names = dict(Segment.objects.values_list("learned", "name"))
    assert names == {"a-1": "Department 0", "a-2": "Department 1 · dearer things"}
    Segment.objects.all().delete()
    tiny.shop.language = "zh-hans"
    Segment.objects.create(shop=tiny.shop, name="部门 0", conditions={"who": "guest"})
    learned_segments_keep(tiny.shop, rooms_apart(tiny))
    assert set(Segment.objects.exclude(learned="").values_list("name", flat=True)) == {"部门 0 2", "部门 1 · 偏贵"}


def test_a_rule_for_a_learned_segment_acts_on_its_members_and_the_log_knows(tiny: TinyShop) -> None:
    name = Segment.objects.get(learned="a-1").name
    assert (name, name) in segments(tiny.shop)
    pinned, member, other = pin_for(tiny, name), fan_of(tiny, 0), fan_of(tiny, 1)
    assert pinned in forced(tiny, member)
    log = RequestLog.objects.order_by("-pk").first()
    context, _ = request_unpack(bytes(log.payload), serving_read(tiny.shop.pk).bundle)
    assert (context.segments, context.learned_segment) == ((name,), "a-1")
    assert inspect_request(log.pk).same
    assert pinned not in forced(tiny, other)


def test_a_draft_for_a_learned_segment_is_tried_on_pages_that_were_logged_without_it(tiny: TinyShop) -> None:
    member, other = fan_of(tiny, 0), fan_of(tiny, 1)
    row, pinned = Segment.objects.get(learned="a-1"), tiny.items[50].pk
    assert pinned not in forced(tiny, member) | forced(tiny, other)
    pages = {one.shopper_id: one.pk for one in Impression.objects.all()}
    Rule.objects.create(
        shop=tiny.shop, name="p", action="pin", slot=1, target="item", target_ids=[pinned], segment=row.name,
        section="top_picks", surface="homepage",
    )  # fmt: skip
    for shopper, first in ((member, True), (other, False)):
        again = redecide(pages[shopper.pk], Basis.DRAFT, now=timezone.now())
        assert bool(again.decision.item_ids[0] == pinned) is first
    content = segments_with(tiny.shop, {"rules": []}, row.name)
    assert content["segments"] == [{"name": row.name, "conditions": {}, "learned": "a-1"}]
    assert segments_with(tiny.shop, content, row.name) is content


def test_the_inspector_names_the_segments_of_a_shopper(tiny: TinyShop) -> None:
    Segment.objects.create(shop=tiny.shop, name="guests", conditions={"who": "guest"})
    view = portrait_view(fan_of(tiny, 0), timezone.now())
    assert view is not None
    assert "Department 0 · guests" in dict(view.facts).values()


def test_requests_and_the_list_of_members_agree(tiny: TinyShop) -> None:
    shoppers = [fan_of(tiny, k % 2, n=k % 5) for k in range(10)]
    shoppers[4].delete()
    alive = [one for one in shoppers if one.pk]
    sizes = []
    for row in Segment.objects.order_by("learned"):
        theirs = {one.pk for one in alive if context_of(tiny, one).learned_segment == row.learned}
        assert set(segment_members(row, timezone.now())) == theirs
        assert segment_size(row, timezone.now()) == len(theirs)
        sizes.append(len(theirs))
    assert sizes == [1, 2], "who looked at three things, and is still there"


def test_without_consent_and_after_erasure_there_is_no_segment(tiny: TinyShop) -> None:
    withdrew, erased = fan_of(tiny, 0), fan_of(tiny, 0)
    assert context_of(tiny, withdrew).learned_segment == "a-1"
    assert context_plain(context_of(tiny, withdrew)).learned_segment == ""
    consent_record(shopper=withdrew, purpose="personalisation", granted=False, at=timezone.now())
    shopper_erase(shop=tiny.shop, shopper=erased, now=timezone.now())
    assert context_of(tiny, withdrew).learned_segment == context_of(tiny, erased).learned_segment == ""
    assert list(tastes_read(tiny.shop)) == []
    assert segment_members(Segment.objects.get(learned="a-1"), timezone.now() + timedelta(hours=1)) == []


def test_each_learned_segment_has_a_trend_of_its_own(tiny: TinyShop) -> None:
    lover, other = fan_of(tiny, 0), fan_of(tiny, 1)
    trend = trend_refresh(tiny.shop)
    assert set(trend.segments) == {"a-1", "a-2"}
    assert set(trend.segments["a-1"]) == {item.pk for item in tiny.of_department(0)[:4]}
    consent_record(shopper=other, purpose="personalisation", granted=False, at=timezone.now())
    assert set(trend_refresh(tiny.shop).segments) == {"a-1"}
    assert context_of(tiny, lover).learned_segment == "a-1"


def test_a_segment_that_vanished_is_told_where_a_rule_names_it(tiny: TinyShop, staff: Client) -> None:
    kept, unruled = Segment.objects.get(learned="a-1"), Segment.objects.get(learned="a-2")
    pin_for(tiny, kept.name)
    rule = Rule.objects.get()
    assert warnings_of(rule) == []
    again = rooms_apart(tiny, ("b-1",))
    tiny_live(tiny, segments=again, seed=1)
    learned_segments_keep(tiny.shop, again)
    assert not Segment.objects.filter(pk=unruled.pk).exists()
    assert kept.name in warnings_of(rule)[0]
    assert "acts on nobody" in warnings_of(rule)[0]
    page = staff.get(reverse("admin:recommender_segment_change", args=[kept.pk])).content.decode()
    assert "did not find it again" in page
    assert Segment.objects.get(learned="b-1").name == "Department 0 2"


def test_staff_see_what_members_like_and_rename_a_segment_with_its_rules(tiny: TinyShop, staff: Client) -> None:
    member, row = fan_of(tiny, 0), Segment.objects.get(learned="a-1")
    fan_of(tiny, 1)
    pin_for(tiny, row.name)
    address = reverse("admin:recommender_segment_change", args=[row.pk])
    page = staff.get(address).content.decode()
    assert "Department 0: 80 % of what they like, 4.0 times everybody's share".replace("'", "&#x27;") in page
    assert f"?shopper={member.pk}" in page
    assert "50.0% (4 / 8)" in page
    answer = staff.post(address, {"name": "lamp people"}, follow=True).content.decode()
    assert "1 shopper now" in answer
    row.refresh_from_db()
    assert (row.name, row.learned, row.conditions) == ("lamp people", "a-1", {})
    assert Rule.objects.get().segment == "lamp people"
    listed = staff.get(reverse("admin:recommender_segment_changelist")).content.decode()
    assert "lamp people" in listed


def test_click_through_counts_cards_that_members_saw(tiny: TinyShop, staff: Client) -> None:
    member, row = fan_of(tiny, 0), Segment.objects.get(learned="a-1")
    homepage_page(shop=tiny.shop, shopper=member, now=timezone.now())
    shown = Impression.objects.get()
    Impression.objects.update(seen=[True] * 5 + [False] * (len(shown.item_ids) - 5))
    item = next(one for one in tiny.items if one.pk == shown.item_ids[0])
    interaction_record(shopper=member, kind=Kind.CLICK, item=item, at=timezone.now(), impression=shown.pk)
    page = staff.get(reverse("admin:recommender_segment_change", args=[row.pk])).content.decode()
    assert "20.0% (1 / 5)" in page


def test_the_page_speaks_chinese(tiny: TinyShop, staff: Client) -> None:
    row = Segment.objects.get(learned="a-2")
    Tag.objects.create(shop=tiny.shop, name="unused")
    with translation.override("zh-hans"):
        address = reverse("admin:recommender_segment_change", args=[row.pk])
    page = staff.get(address, headers={"accept-language": "zh-hans"}).content.decode()
    assert "部门 1" in page
    assert "训练" in page
