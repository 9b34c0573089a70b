"""Rules of staff: from when, until when and for whom they hold."""

from datetime import timedelta

import pytest

from recommender.data.types import Section
from recommender.models import Rule
from recommender.page import Page
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with
from tests.recommender.homepage.asking import cards_in, page_for
from users.consent import consent_record
from users.models import Consent

pytestmark = pytest.mark.django_db


def departments(page: Page) -> set[int | None]:
    return {card.department_id for card in page.cards}


def department_banned(tiny: TinyShop, **when: object) -> int:
    """A published rule that hides the department which our shoppers like, in some circumstances."""
    banned = tiny.departments[0].pk
    out = {"name": "out", "action": "exclude", "target": "category", "target_ids": [banned]}
    Rule.objects.create(shop=tiny.shop, **out, **when)
    ruleset_publish(shop=tiny.shop)
    return banned


def test_published_rules_hold_from_the_next_request_on(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    before = page_for(live, shopper)
    pinned, banned = live.items[77], before.cards[0].id
    Rule.objects.create(
        shop=live.shop, name="pin", action="pin", target="item", target_ids=[pinned.pk], slot=2, section="top_picks"
    )
    Rule.objects.create(shop=live.shop, name="out", action="exclude", target="item", target_ids=[banned])
    assert page_for(live, shopper) == before, "a draft changes nothing"
    ruleset_publish(shop=live.shop)
    page = page_for(live, shopper)
    picks = cards_in(page, Section.TOP_PICKS)
    assert picks[1].id == pinned.pk
    assert picks[1].reason_code == "rule"
    assert banned not in [card.id for card in page.cards]


def test_a_rule_takes_effect_on_the_reload_after_its_time_has_come(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    noon, end = NOW + timedelta(minutes=10), NOW + timedelta(minutes=20)
    banned = department_banned(live, starts_at=noon, ends_at=end)
    before = page_for(live, shopper, now=noon - timedelta(seconds=1))
    during = page_for(live, shopper, now=noon)
    assert banned in departments(before)
    assert banned not in departments(during)
    assert page_for(live, shopper, now=end - timedelta(seconds=1)) == during
    assert page_for(live, shopper, now=end).impression_id == before.impression_id


def test_a_new_segment_counts_on_the_next_reload(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    banned = department_banned(live, segment="loyal")
    assert banned in departments(page_for(live, shopper))
    shopper.segment = "loyal"
    assert banned not in departments(page_for(live, shopper))


def test_rules_of_a_segment_leave_out_who_withdrew_consent(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    shopper.segment = "loyal"
    banned = department_banned(live, segment="loyal")
    assert banned not in departments(page_for(live, shopper))
    consent_record(shopper=shopper, purpose=Consent.Purpose.PERSONALISATION, granted=False, at=NOW)
    assert banned in departments(page_for(live, shopper))
