"""The dial of an interest: turned up, the next page holds more of it; turned down, less; it says where it stands."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Item
from dpe_site.shop.profile import Interest, portrait_of
from recommender.facts.context import Asked, context_read
from recommender.store.live import serving_read
from tests.fixtures.tiny_shop import TinyShop, tiny_served
from tests.recommender.test_click_moves_page import share_of
from users.models import Shopper
from users.profiles import interest_turn
from users.state_rows import state_read

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny() -> TinyShop:
    return tiny_served()


@pytest.fixture
def shopper(client: Client, tiny: TinyShop) -> Shopper:
    """Somebody who looked at three things of one department, then at three of another."""
    for department in departments(tiny):
        for item in things(tiny, department)[:3]:
            client.get(f"/item/{item.pk}/")
    return Shopper.objects.get()


def later() -> datetime:
    return timezone.now() + timedelta(minutes=5)


def departments(tiny: TinyShop) -> list[int]:
    return sorted({item.department_id for item in tiny.items})[:2]


def things(tiny: TinyShop, department: int) -> list[Item]:
    return [item for item in tiny.items if item.department_id == department]


def turn(tiny: TinyShop, shopper: Shopper, department: int, percent: int) -> None:
    interest_turn(shop=tiny.shop, shopper=shopper, facet="departments", key=department, percent=percent, at=later())


def dial(tiny: TinyShop, shopper: Shopper, department: int) -> Interest:
    found = portrait_of(tiny.shop, shopper, "en", later()).interests
    return next(one for one in found if (one.facet, one.key) == ("departments", department))


def share(tiny: TinyShop, shopper: Shopper, department: int) -> float:
    context = context_read(tiny.shop, shopper, Asked(surface="homepage", session="", now=later()))
    return share_of(department, context, serving_read(tiny.shop.pk))


def test_the_next_page_follows_the_dial_both_ways(tiny: TinyShop, shopper: Shopper) -> None:
    earlier, _latest = departments(tiny)
    as_it_is = share(tiny, shopper, earlier)
    turn(tiny, shopper, earlier, 200)
    assert share(tiny, shopper, earlier) > as_it_is
    turn(tiny, shopper, earlier, 0)
    assert share(tiny, shopper, earlier) < as_it_is
    turn(tiny, shopper, earlier, 100)
    assert share(tiny, shopper, earlier) == as_it_is


@pytest.mark.parametrize(
    ("percent", "counts", "standing"),
    [
        (0, 0, "left out of your page"),
        (67, 67, "counts in part"),
        (100, 100, "counts as it is"),
        (133, 133, "counts more"),
        (200, 200, "counts more"),
    ],
)
def test_the_dial_says_where_it_stands(
    tiny: TinyShop, shopper: Shopper, percent: int, counts: int, standing: str
) -> None:
    department, _other = departments(tiny)
    turn(tiny, shopper, department, percent)
    shown = dial(tiny, shopper, department)
    assert (shown.counts, shown.standing) == (counts, standing)


def test_turning_up_writes_no_deeds_and_is_one_version(tiny: TinyShop, shopper: Shopper) -> None:
    department, _other = departments(tiny)
    before = state_read(shopper.pk)
    sentence = dial(tiny, shopper, department).sentence
    turn(tiny, shopper, department, 200)
    after = state_read(shopper.pk)
    assert [deed[:3] for deed in after.recent] == [deed[:3] for deed in before.recent]
    assert after.version == before.version + 1
    assert {int(item) for item in after.raised} == {item.pk for item in things(tiny, department)[:3]}
    assert dial(tiny, shopper, department).sentence == sentence


def test_without_consent_nothing_that_was_raised_is_used(tiny: TinyShop, shopper: Shopper) -> None:
    department, _other = departments(tiny)
    turn(tiny, shopper, department, 200)
    tiny.shop.consent_required = True
    context = context_read(tiny.shop, shopper, Asked(surface="homepage", session="", now=later()))
    assert len(context.history) == 0


@pytest.mark.parametrize(("said", "answer"), [("200", 1), ("201", 0), ("-1", 0), ("much", 0)])
def test_the_form_takes_what_the_dial_offers(client: Client, tiny: TinyShop, said: str, answer: int) -> None:
    item = tiny.items[0]
    client.get(f"/item/{item.pk}/")
    client.post("/taste/interest/", {"facet": "departments", "key": item.department_id, "counts": said})
    assert len(Shopper.objects.get().state.raised_items) == answer
