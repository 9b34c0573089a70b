"""What is shown where no bundle serves, or a broken one."""

import numpy as np
import pytest

from recommender.data.types import Section
from recommender.models import Knobs, PrecomputedList
from recommender.replay import replay
from recommender.serving import state
from recommender.store.bundles import bundle_path
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with, tiny_live, tiny_trend
from tests.recommender.homepage.asking import cards_in, codes, page_for
from users.consent import consent_record
from users.models import Consent

pytestmark = pytest.mark.django_db


def test_a_shop_that_has_learned_nothing_has_a_page(tiny: TinyShop) -> None:
    page = page_for(tiny)
    assert page.degraded == "newest"
    assert {Section.TOP_PICKS, Section.NEW_FOR_YOU, Section.DEALS} <= set(codes(page))
    assert all(card.title and card.picture and card.reason for card in page.cards)


def test_fallbacks_in_their_order(tiny: TinyShop) -> None:
    Knobs.objects.create(shop=tiny.shop, exploration=0.0)  # a card of chance may be of no list
    ruleset_publish(shop=tiny.shop)
    tiny_trend(tiny)
    assert page_for(tiny).degraded == "shop_trending"
    shopper = shopper_with(tiny, [])
    PrecomputedList.objects.create(
        shop=tiny.shop, shopper=shopper, item_ids=tiny.ids[50:70].tolist(), scores=[1.0] * 20
    )
    page = page_for(tiny, shopper)
    assert page.degraded == "precomputed"
    first = {card.id for card in cards_in(page, Section.TOP_PICKS)}
    assert first <= set(tiny.ids[50:70].tolist())


def test_a_broken_bundle_is_refused_and_the_page_says_so(tiny: TinyShop) -> None:
    tiny_trend(tiny)
    _, version = tiny_live(tiny)
    (bundle_path(version) / "item_vectors.npy").write_bytes(b"torn")
    page = page_for(tiny)
    assert page.degraded == "shop_trending"
    assert page.cards
    version.refresh_from_db()
    assert "checksum" in version.gate["refused"]


def test_an_encoder_that_gives_no_numbers_leaves_a_page_without_it(tiny: TinyShop, monkeypatch) -> None:
    tiny_trend(tiny)
    tiny_live(tiny)
    shopper = shopper_with(tiny, [tiny.items[0]])
    monkeypatch.setattr(state, "state_encode", lambda encoder, inputs: np.full(encoder.dim, np.nan, np.float32))
    page = page_for(tiny, shopper)
    assert page.degraded
    assert page.cards


def test_the_fallback_of_who_withdrew_consent_is_everybodys(tiny: TinyShop) -> None:
    tiny_trend(tiny)
    shopper = shopper_with(tiny, [tiny.items[0]])
    PrecomputedList.objects.create(shop=tiny.shop, shopper=shopper, item_ids=tiny.ids[50:70].tolist())
    assert page_for(tiny, shopper).degraded == "precomputed"
    consent_record(shopper=shopper, purpose=Consent.Purpose.PERSONALISATION, granted=False, at=NOW)
    assert page_for(tiny, shopper).degraded == "shop_trending"


def test_without_a_bundle_the_favourite_department_trends_before_the_shop(tiny: TinyShop) -> None:
    tiny_trend(tiny)
    liked = tiny.departments[4]
    shopper = shopper_with(tiny, [tiny.items[k] for k in (1, 4, 10, 16)])
    page = page_for(tiny, shopper)
    assert page.degraded == "segment_trending"
    picks = cards_in(page, Section.TOP_PICKS)
    assert sum(card.department_id == liked.pk for card in picks) > len(picks) / 2
    assert replay(page.impression_id).same
    assert page_for(tiny, shopper_with(tiny, [])).degraded == "shop_trending"
