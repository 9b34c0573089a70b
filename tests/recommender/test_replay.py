"""A logged request decided again is what was shown, bit for bit; and it can be laid open."""

from io import StringIO
from uuid import uuid4

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from catalog.models import Item
from recommender.data.types import DataError
from recommender.homepage import homepage_page
from recommender.models import Impression, ItemVector, Knobs, RequestLog
from recommender.replay import inspect_request, inspect_shopper, replay
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with, state_set, tiny_live, tiny_shop, tiny_trend
from users.models import Shopper

pytestmark = pytest.mark.django_db


@pytest.fixture
def live() -> TinyShop:
    tiny = tiny_shop()
    tiny_trend(tiny)
    bundle, version = tiny_live(tiny, leave_out=2)
    for item in tiny.items[-2:]:
        vector = bundle.arrays.item_vectors[0].tolist()
        ItemVector.objects.create(bundle=version, item=item, vector=vector, after_training=True)
    return tiny


@pytest.fixture
def shopper(live: TinyShop) -> Shopper:
    return shopper_with(live, [live.items[k] for k in (0, 6, 12, -1)])


def shown_to(live: TinyShop, shopper: Shopper) -> Impression:
    return Impression.objects.get(pk=homepage_page(shop=live.shop, shopper=shopper, now=NOW).impression_id)


def test_a_replay_is_bit_equal(live: TinyShop, shopper: Shopper) -> None:
    shown = shown_to(live, shopper)
    again = replay(shown.pk)
    assert again.same
    assert again.same_runtime
    assert again.decision.item_ids.tolist() == shown.item_ids
    assert again.decision.propensities.astype(np.float64).tolist() == shown.propensities


def test_a_replay_does_not_see_what_happened_since(live: TinyShop, shopper: Shopper) -> None:
    shown = shown_to(live, shopper)
    state_set(shopper, [live.items[3]])
    Item.objects.filter(pk__in=shown.item_ids[:5]).update(stock=0, price_minor=1)
    Knobs.objects.create(shop=live.shop, temperature=2.0)
    ruleset_publish(shop=live.shop)
    assert replay(shown.pk).same


def test_a_replay_that_differs_says_so(live: TinyShop, shopper: Shopper) -> None:
    shown = shown_to(live, shopper)
    shown.item_ids[0], shown.item_ids[1] = shown.item_ids[1], shown.item_ids[0]
    shown.save()
    assert not replay(shown.pk).same


def test_a_page_whose_replay_draws_other_sections_is_shown_again_and_laid_open(
    live: TinyShop, shopper: Shopper
) -> None:
    shown = shown_to(live, shopper)
    shown.sections.append({"code": "deals", "subject": 0, "propensity": 1.0})  # as another processor may have drawn it
    shown.section_of[-1] = len(shown.sections) - 1
    shown.save()
    again = homepage_page(shop=live.shop, shopper=shopper, now=NOW)
    assert again.impression_id == shown.pk
    assert (again.sections[-1].code, [card.id for card in again.sections[-1].cards]) == ("deals", shown.item_ids[-1:])
    page = inspect_request(shown.pk)
    assert not page.same
    assert page.cards[-1].section == "deals"


def test_an_unknown_or_damaged_log_is_a_clear_error(live: TinyShop, shopper: Shopper) -> None:
    with pytest.raises(DataError, match="not in the log"):
        replay(uuid4())
    shown = shown_to(live, shopper)
    RequestLog.objects.filter(pk=shown.pk).update(payload=b"damaged")
    with pytest.raises(DataError, match="cannot be read"):
        replay(shown.pk)


def test_the_command_prints_the_page_and_its_verdict(live: TinyShop, shopper: Shopper) -> None:
    shown = shown_to(live, shopper)
    out = StringIO()
    call_command("replay", str(shown.pk), stdout=out)
    assert "The replay is what was shown" in out.getvalue()
    assert live.items[0].external_id in out.getvalue() or "top_picks" in out.getvalue()
    with pytest.raises(CommandError, match="not in the log"):
        call_command("replay", str(uuid4()))


def test_an_inspection_shows_every_cards_road(live: TinyShop, shopper: Shopper) -> None:
    shown = shown_to(live, shopper)
    page = inspect_request(shown.pk)
    assert [card.item_id for card in page.cards] == shown.item_ids
    assert [card.propensity for card in page.cards] == shown.propensities
    for card in page.cards:
        assert card.title
        assert card.reason
        assert card.road["sources"]
        assert card.road["components"]
        assert card.road["slot"] == card.slot
    assert page.same
    assert page.history[0][0] == live.items[0].pk


def test_a_shopper_can_be_inspected_without_showing_them_anything(live: TinyShop, shopper: Shopper) -> None:
    page = inspect_shopper(shop=live.shop, shopper=shopper, now=NOW)
    assert page.cards
    assert page.same is None
    assert Impression.objects.count() == 0
