"""A trend counts shoppers, not clicks, and fades."""

from datetime import timedelta

import pytest

from catalog.ids import uuid7_at
from recommender import trends
from recommender.models import Live, TrendSnapshot
from recommender.trends import ENOUGH, HALF_LIFE, KEEP, trend_refresh
from tests.fixtures.tiny_shop import NOW, tiny_shop
from users.kinds import Kind
from users.models import Consent, Interaction, Shopper, Suspicion

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny():
    return tiny_shop(n=12, departments=3)


def act(tiny, shopper, item, kind=Kind.VIEW, age=timedelta(0), n=1, session=""):
    at = NOW - age
    Interaction.objects.bulk_create(
        Interaction(
            id=uuid7_at(at, str(shopper.pk), str(item.pk), str(kind), str(k)),
            shop=tiny.shop,
            shopper=shopper,
            item=item,
            kind=kind,
            occurred_at=at,
            session=session,
        )
        for k in range(n)
    )


def counts(tiny):
    trend = trend_refresh(tiny.shop, now=NOW)
    return dict(zip(trend.item_ids, trend.counts, strict=True))


def test_many_clicks_of_one_shopper_count_once_and_two_shoppers_twice(tiny):
    a, b = (Shopper.objects.create(shop=tiny.shop) for _ in range(2))
    act(tiny, a, tiny.items[0], n=50)
    for shopper in (a, b):
        act(tiny, shopper, tiny.items[1])
    assert counts(tiny) == {tiny.items[0].pk: pytest.approx(1.0), tiny.items[1].pk: pytest.approx(2.0)}


def test_a_count_halves_with_each_half_life_and_purchases_weigh_more(tiny):
    shopper = Shopper.objects.create(shop=tiny.shop)
    act(tiny, shopper, tiny.items[0], age=2 * HALF_LIFE)
    act(tiny, shopper, tiny.items[1], Kind.PURCHASE)
    act(tiny, shopper, tiny.items[3], Kind.DISLIKE)
    assert counts(tiny) == {tiny.items[0].pk: pytest.approx(0.25), tiny.items[1].pk: pytest.approx(6.0)}


def test_suspicious_shoppers_make_no_trend(tiny):
    bot = Shopper.objects.create(shop=tiny.shop)
    Suspicion.objects.create(shop=tiny.shop, shopper=bot, cause="flood")
    act(tiny, bot, tiny.items[0])
    assert counts(tiny) == {}


def test_a_doubted_session_makes_no_trend_and_the_persons_others_do(tiny):
    person = Shopper.objects.create(shop=tiny.shop)
    Suspicion.objects.create(shop=tiny.shop, shopper=person, session="bad", cause="flood")
    act(tiny, person, tiny.items[0], session="bad")
    act(tiny, person, tiny.items[1], session="good")
    assert counts(tiny) == {tiny.items[1].pk: pytest.approx(1.0)}


def test_a_guest_and_whom_it_became_count_once(tiny):
    person = Shopper.objects.create(shop=tiny.shop)
    guest = Shopper.objects.create(shop=tiny.shop, merged_into=person)
    for who in (person, guest):
        act(tiny, who, tiny.items[0])
    assert counts(tiny) == {tiny.items[0].pk: pytest.approx(1.0)}


def test_who_does_not_allow_learning_makes_no_trend(tiny):
    person = Shopper.objects.create(shop=tiny.shop)
    guest = Shopper.objects.create(shop=tiny.shop, merged_into=person)
    Consent.objects.create(shop=tiny.shop, shopper=guest, purpose="learning", granted=False, at=NOW)
    for who in (person, guest):
        act(tiny, who, tiny.items[0])
    assert counts(tiny) == {}


def test_the_newest_trend_serves_and_old_ones_go(tiny):
    for k in range(KEEP + 3):
        trend = trend_refresh(tiny.shop, now=NOW + timedelta(minutes=k))
    assert Live.objects.get(shop=tiny.shop).trend == trend
    assert TrendSnapshot.objects.of(tiny.shop).count() == KEEP


def test_an_imported_past_trends_by_its_own_last_days(tiny):
    shopper = Shopper.objects.create(shop=tiny.shop)
    act(tiny, shopper, tiny.items[0], age=timedelta(days=400))
    act(tiny, shopper, tiny.items[1], age=timedelta(days=450))
    assert counts(tiny) == {tiny.items[0].pk: pytest.approx(1.0)}


def test_the_first_visitor_of_an_imported_shop_does_not_make_its_trend_alone(tiny):
    past = [Shopper.objects.create(shop=tiny.shop) for _ in range(4)]
    for shopper in past:
        act(tiny, shopper, tiny.items[0], Kind.PURCHASE, age=timedelta(days=400))
    act(tiny, past[0], tiny.items[1], Kind.PURCHASE, age=timedelta(days=400))
    act(tiny, Shopper.objects.create(shop=tiny.shop), tiny.items[2])
    thin = 1 - 1 / ENOUGH
    expected = {0: 24 * thin, 1: 6 * thin, 2: 1.0}
    found = counts(tiny)
    assert found == {tiny.items[index].pk: pytest.approx(count) for index, count in expected.items()}
    assert list(found) == [tiny.items[index].pk for index in (0, 1, 2)]


def test_a_shop_with_enough_of_its_own_forgets_its_past(tiny, monkeypatch):
    monkeypatch.setattr(trends, "ENOUGH", 2)
    shopper = Shopper.objects.create(shop=tiny.shop)
    act(tiny, shopper, tiny.items[0], age=timedelta(days=20))
    for item in tiny.items[1:3]:
        act(tiny, shopper, item)
    assert set(counts(tiny)) == {item.pk for item in tiny.items[1:3]}


def test_each_segment_has_a_trend_of_its_own(tiny):
    collectors = [Shopper.objects.create(shop=tiny.shop, segment="collectors") for _ in range(2)]
    other, nobody = Shopper.objects.create(shop=tiny.shop, segment="others"), Shopper.objects.create(shop=tiny.shop)
    for shopper in collectors:
        act(tiny, shopper, tiny.items[3])
    act(tiny, collectors[0], tiny.items[5], n=30)
    act(tiny, other, tiny.items[7])
    act(tiny, nobody, tiny.items[8])
    trend = trend_refresh(tiny.shop, now=NOW)
    assert trend.segments == {"collectors": [tiny.items[3].pk, tiny.items[5].pk], "others": [tiny.items[7].pk]}
