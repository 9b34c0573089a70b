"""The homepage on a tiny shop: what is shown, why, and what is logged of it."""

from collections import Counter

import pytest
from django.utils import translation

from recommender.data.types import Section
from recommender.homepage import page_shown
from recommender.models import Impression, Knobs, RequestLog
from recommender.replay import replay
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with
from tests.recommender.homepage.asking import codes, page_for
from users.consent import consent_record
from users.models import Consent

pytestmark = pytest.mark.django_db


def test_a_known_shopper_gets_sections_reasons_and_no_item_twice(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[k] for k in (0, 6, 12, 18, 1)])
    page = page_for(live, shopper)
    assert not page.degraded
    assert {Section.TOP_PICKS, Section.BECAUSE_YOU_VIEWED, Section.KEEP_BROWSING} <= set(codes(page))
    assert max(Counter(card.id for card in page.cards).values()) == 1
    cited = [card for card in page.cards if card.reason_code in ("because_item", "source_rules")]
    assert cited
    for card in cited:
        assert card.causes[0].title in card.reason
        assert {"ignore_item", "not_interested"} <= {action.code for action in card.actions}


def test_the_impression_says_what_was_shown(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    page = page_for(live, shopper)
    row = Impression.objects.get(pk=page.impression_id)
    assert [row.item_ids[card.position] for card in page.cards] == [card.id for card in page.cards]
    assert row.shopper_id == shopper.pk
    assert [section["code"] for section in row.sections] == codes(page)
    assert all(0 < p <= 1 for p in row.propensities)
    assert not any(row.dropped)
    assert (row.epsilon, row.temperature) == (0.02, 0.15)
    log = RequestLog.objects.get(pk=page.request_id)
    assert len(bytes(log.payload)) <= 4096


def test_published_knobs_are_logged(live: TinyShop) -> None:
    Knobs.objects.create(shop=live.shop, exploration=0.3, temperature=1.5)
    ruleset_publish(shop=live.shop)
    row = Impression.objects.get(pk=page_for(live).impression_id)
    assert (row.epsilon, row.temperature) == (0.3, 1.5)


def test_the_pill_names_the_newest_cause_and_takes_it_back(live: TinyShop) -> None:
    newest = live.items[12]
    shopper = shopper_with(live, [newest])
    page = page_for(live, shopper)
    assert page.pill is not None
    assert page.pill.text == "More Department 0 for you"
    assert (page.pill.undo.code, page.pill.undo.item_id) == ("ignore_item", newest.pk)


def test_the_page_speaks_the_language_asked_for(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    page = page_for(live, shopper)
    with translation.override("zh-hans"):
        chinese = page_for(live, shopper, language="zh-hans")
    assert [card.id for card in chinese.cards] == [card.id for card in page.cards]
    assert all(card.title.startswith("东西") for card in chinese.cards)
    assert chinese.impression_id == page.impression_id


def test_a_shown_page_can_be_worded_again_after_the_rules_have_changed(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    page = page_for(live, shopper)
    Knobs.objects.create(shop=live.shop, temperature=3.0)
    ruleset_publish(shop=live.shop)
    assert page.impression_id is not None
    shown = page_shown(shop=live.shop, shopper=shopper, impression_id=page.impression_id, language="en", now=NOW)
    assert shown is not None
    assert [(card.id, card.reason) for card in shown.cards] == [(card.id, card.reason) for card in page.cards]
    stranger = shopper_with(live, [], name="stranger")
    assert (
        page_shown(shop=live.shop, shopper=stranger, impression_id=page.impression_id, language="en", now=NOW) is None
    )


def test_without_consent_the_page_is_for_everybody_and_names_nobody(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    consent_record(shopper=shopper, purpose=Consent.Purpose.PERSONALISATION, granted=False, at=NOW)
    page = page_for(live, shopper)
    assert not page.personalised
    assert Section.KEEP_BROWSING not in codes(page)
    row = Impression.objects.get(pk=page.impression_id)
    assert (row.shopper_id, row.session) == (None, "")
    replayed = replay(page.impression_id)
    assert replayed.same
    assert (replayed.context.shopper_id, replayed.context.session) == (0, "")


def test_pages_of_a_cursor_repeat_nothing(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    first = page_for(live, shopper)
    second = page_for(live, shopper, cursor=first.cursor)
    assert second.page == 1
    assert second.cards
    assert not {card.id for card in first.cards} & {card.id for card in second.cards}


@pytest.mark.parametrize("cursor", ["x", "a:b:c", "🙂", "'" * 5000])
def test_a_cursor_that_is_not_ours_is_the_first_page(live: TinyShop, cursor: str) -> None:
    assert page_for(live, cursor=cursor).page == 0
