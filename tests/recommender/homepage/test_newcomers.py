"""What somebody who has done nothing yet is shown: it depends on segment and language."""

import numpy as np
import pytest
from django.utils import translation

from recommender.data.types import Section
from recommender.encoders.start_states import StartStates
from recommender.models import RequestLog
from recommender.replay import replay
from recommender.serving.pack import request_unpack
from tests.fixtures.tiny_bundle import DIM
from tests.fixtures.tiny_shop import NOW, TinyShop, tiny_live
from tests.recommender.homepage.asking import cards_in, page_for
from users.consent import consent_record
from users.models import Consent, Shopper

pytestmark = pytest.mark.django_db


@pytest.fixture
def situated(tiny: TinyShop) -> TinyShop:
    """A shop whose bundle knows what newcomers of a segment and of a language begin with."""
    towards = np.random.default_rng(3).normal(size=DIM).astype(np.float32)
    shifts = np.stack([2 * towards, -2 * towards, -4 * towards])
    tiny_live(tiny, start_states=StartStates(("segment=new", "segment=loyal", "language=zh-hans"), shifts, "UTC"))
    return tiny


def newcomer(shop: TinyShop, segment: str) -> Shopper:
    return Shopper.objects.create(shop=shop.shop, external_id=segment, segment=segment)


def test_newcomers_of_two_segments_get_two_pages_and_each_replays(situated: TinyShop) -> None:
    firsts = {}
    for segment in ("new", "loyal"):
        page = page_for(situated, newcomer(situated, segment))
        assert replay(page.impression_id).same
        firsts[segment] = {card.id for card in cards_in(page, Section.TOP_PICKS)}
    assert len(firsts["new"] & firsts["loyal"]) < len(firsts["new"]) / 2


def test_without_consent_the_segment_says_nothing(situated: TinyShop) -> None:
    shopper = newcomer(situated, "new")
    consent_record(shopper=shopper, purpose=Consent.Purpose.PERSONALISATION, granted=False, at=NOW)
    page = page_for(situated, shopper)
    payload = RequestLog.objects.get(pk=page.impression_id).payload
    context, _ = request_unpack(bytes(payload), None)
    assert context.segment == ""
    assert context.language == "en"


def test_a_newcomers_page_stays_when_its_words_change(situated: TinyShop) -> None:
    shopper = newcomer(situated, "new")
    english = page_for(situated, shopper)
    with translation.override("zh-hans"):
        chinese = page_for(situated, shopper, language="zh-hans")
    assert [card.id for card in chinese.cards] == [card.id for card in english.cards]
    assert [card.reason_code for card in chinese.cards] == [card.reason_code for card in english.cards]
    assert chinese.cards[0].title.startswith("东西")
