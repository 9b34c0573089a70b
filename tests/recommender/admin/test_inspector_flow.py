"""A trace in words: what became of the candidates, where the time went, how a card was drawn."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from recommender.admin.inspector_flow import FATES, STAGES, drawn_words, fates_view, stages_view
from recommender.homepage import homepage_page
from recommender.models import Rule
from recommender.slate.limits import AD, SMALL_PROVIDER
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import TinyShop, shopper_with, tiny_served


@pytest.fixture
def tiny(db: None) -> TinyShop:
    return tiny_served()


def test_fates_are_counted_in_the_order_of_the_page() -> None:
    candidates = [{"fate": fate} for fate in ("outdrawn", "shown", "outdrawn", "lost")]
    ends = [(measure.name, measure.value, measure.percent) for measure in fates_view(candidates)]
    assert ends == [("shown", "1", 25), ("others were drawn", "2", 50), ("lost", "1", 25)]
    assert fates_view([{"item": 1}]) == []


def test_stages_share_the_time() -> None:
    spent = [(measure.name, measure.value, measure.percent) for measure in stages_view({"gather": 6.0, "scores": 2.0})]
    assert spent == [("candidates gathered", "6.0 ms", 75), ("scores", "2.0 ms", 25)]


def test_a_draw_tells_of_the_page_of_chance_and_of_who_held_the_slot() -> None:
    drawn = {"of_the_page": -0.25, "exploration_share": 0.1, "forced": False, "pinned_by": 0, "held_by": 7}
    assert drawn_words(drawn, {7: "Fair"}) == ["the page itself: −0.25", "of this by lot: 10%", "room kept by Fair"]
    assert drawn_words({"forced": True, "exploration_share": 0.0, "pinned_by": 7}, {7: "Fair"}) == ["pinned by Fair"]
    assert drawn_words({"held_by": AD}, {}) == ["a slot for sponsored items"]
    assert drawn_words({"held_by": SMALL_PROVIDER}, {}) == ["room for small providers"]


def test_every_fate_and_stage_has_chinese_words() -> None:
    with translation.override("zh-hans"):
        for words in (*FATES.values(), *STAGES.values()):
            assert not str(words).isascii()


def test_a_page_whose_trace_was_kept_tells_its_times_and_the_end_of_every_candidate(
    staff: Client, tiny: TinyShop
) -> None:
    shopper = shopper_with(tiny, tiny.of_department(1)[:5], at=timezone.now())
    gone = tiny.of_department(1)[6]
    Rule.objects.create(shop=tiny.shop, name="No", action="exclude", target="item", target_ids=[gone.pk])
    ruleset_publish(shop=tiny.shop)
    page = homepage_page(shop=tiny.shop, shopper=shopper, now=timezone.now(), trace=True)
    answer = staff.get(reverse("admin:inspector"), {"q": page.request_id})
    assert "candidates gathered" in [measure.name for measure in answer.context["stages"]]
    ends = {measure.name: int(measure.value) for measure in answer.context["fates"]}
    assert ends["shown"] == len(page.cards)
    assert ends["excluded by a rule"] == 1
    assert sum(ends.values()) == answer.context["n_candidates"]


def test_where_nothing_was_measured_the_way_to_measure_is_told(staff: Client, tiny: TinyShop, settings: Any) -> None:
    settings.DPE_TRACE_PERCENT = 0
    shopper = shopper_with(tiny, tiny.of_department(1)[:5], at=timezone.now())
    page = homepage_page(shop=tiny.shop, shopper=shopper, now=timezone.now())
    answer = staff.get(reverse("admin:inspector"), {"q": page.request_id})
    assert answer.context["stages"] == []
    assert "?trace=1" in answer.content.decode()
