"""Answered cards of shown pages are read with the sources that brought them."""

from datetime import timedelta

import numpy as np
import pytest

from catalog.ids import uuid7_at
from recommender.data.types import Source
from recommender.facts.answered import CREDIT, answered_read
from recommender.homepage import homepage_page
from recommender.models import Impression, RequestLog
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with, tiny_served
from users.kinds import Kind
from users.models import Consent, Interaction, Shopper

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=10)


@pytest.fixture
def tiny() -> TinyShop:
    return tiny_served()


def page_of(tiny: TinyShop, place: int) -> tuple[Shopper, Impression]:
    shopper = shopper_with(tiny, [tiny.items[place]])
    homepage_page(shop=tiny.shop, shopper=shopper, now=NOW)
    return shopper, Impression.objects.get(shopper=shopper)


def deed(tiny: TinyShop, shopper: Shopper, page: Impression, item: int, kind: Kind, after: timedelta) -> None:
    at = NOW + after
    Interaction.objects.create(
        id=uuid7_at(at, str(shopper.pk), str(item), str(kind)),
        shop=tiny.shop,
        shopper=shopper,
        item_id=item,
        kind=kind,
        occurred_at=at,
        impression=page.pk,
    )


def test_answers_bear_the_sources_of_their_cards_and_their_worth(tiny: TinyShop) -> None:
    shopper, page = page_of(tiny, 0)
    first, second = page.item_ids[:2]
    deed(tiny, shopper, page, first, Kind.CLICK, timedelta(minutes=1))
    deed(tiny, shopper, page, first, Kind.PURCHASE, timedelta(days=1))
    deed(tiny, shopper, page, second, Kind.DISLIKE, timedelta(days=1))
    deed(tiny, shopper, page, page.item_ids[2], Kind.CLICK, CREDIT + timedelta(hours=1))
    page_of(tiny, 1)  # nobody answered this one
    answered = answered_read(tiny.shop, LATER)
    assert (len(answered.sources), answered.worth.tolist(), answered.pages) == (1, [6.0], 1)
    assert answered.sources[0] & np.uint32(1 << Source.STATE_VECTOR | 1 << Source.TRENDING)
    assert len(answered.offered) > 40
    assert (answered.offered > 0).all()


def test_who_may_not_be_learnt_from_does_not_count(tiny: TinyShop) -> None:
    shopper, page = page_of(tiny, 0)
    deed(tiny, shopper, page, page.item_ids[0], Kind.CLICK, timedelta(minutes=1))
    assert len(answered_read(tiny.shop, LATER).sources) == 1
    Consent.objects.create(shop=tiny.shop, shopper=shopper, purpose="learning", granted=False, at=NOW)
    assert len(answered_read(tiny.shop, LATER).sources) == 0


def test_a_page_without_its_log_is_passed_over(tiny: TinyShop) -> None:
    shopper, page = page_of(tiny, 0)
    deed(tiny, shopper, page, page.item_ids[0], Kind.CLICK, timedelta(minutes=1))
    RequestLog.objects.filter(pk=page.pk).update(payload=b"of another version")
    assert answered_read(tiny.shop, LATER).pages == 0
    RequestLog.objects.all().delete()
    assert answered_read(tiny.shop, LATER).pages == 0
