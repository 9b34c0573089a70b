"""The figures of Today against rows counted by hand, in the shop's own days."""

import json
import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from django.test import Client

from catalog.ids import uuid7_at
from catalog.models import Outbox
from recommender.admin.figures import by_this_time_yesterday, days_read, poisson, wilson
from recommender.admin.health import health_of
from recommender.admin.plots import Series, bars_chart, lines_chart, spark_points
from recommender.admin.today import Reading, figures_of, plots_of
from recommender.models import BundleVersion, Impression, JobRun, Live, Rule
from recommender.store.rulesets import ruleset_publish
from recommender.store.switches import Switches, switches_turn
from tests.fixtures.tiny_shop import TinyShop, tiny_shop
from users.kinds import Kind
from users.models import Interaction, Shopper, User

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


@pytest.fixture
def tiny() -> TinyShop:
    shop = tiny_shop(n=10, departments=2)
    shop.shop.time_zone = "Asia/Shanghai"
    shop.shop.save()
    return shop


def page(
    tiny: TinyShop, at: datetime, *, items: int = 4, seen: int = 2, ms: float | None = None, degraded: str = ""
) -> Impression:
    return Impression.objects.create(
        shop=tiny.shop,
        surface="homepage",
        decision_key="k",
        shown_at=at,
        item_ids=[item.pk for item in tiny.items[:items]],
        seen=[slot < seen for slot in range(items)],
        latency_ms=ms,
        degraded=degraded,
    )


def deed(tiny: TinyShop, at: datetime, kind: Kind, **fields: object) -> None:
    shopper, _ = Shopper.objects.get_or_create(shop=tiny.shop, external_id="s")
    Interaction.objects.create(
        id=uuid7_at(at, str(kind)),
        shop=tiny.shop,
        shopper=shopper,
        item=tiny.items[0],
        kind=kind,
        occurred_at=at,
        **fields,
    )


def test_days_are_the_shops_and_today_goes_until_now(tiny: TinyShop) -> None:
    shown = page(tiny, NOON - timedelta(hours=1), ms=10)
    page(tiny, NOON - timedelta(hours=2), items=6, ms=30)
    page(tiny, datetime(2026, 6, 2, 17, tzinfo=UTC))  # one in the morning of the 3rd in Shanghai
    page(tiny, datetime(2026, 6, 2, 15, tzinfo=UTC), degraded="trending")  # still the 2nd there
    deed(tiny, NOON - timedelta(minutes=5), Kind.CLICK, impression=shown.pk)
    deed(tiny, NOON - timedelta(minutes=4), Kind.CLICK)
    deed(tiny, NOON - timedelta(minutes=4, seconds=30), Kind.VIEW, impression=shown.pk)  # the same card
    deed(tiny, NOON - timedelta(minutes=4, seconds=40), Kind.VIEW)
    deed(tiny, NOON - timedelta(minutes=3), Kind.CART, impression=shown.pk)
    deed(tiny, NOON - timedelta(minutes=3, seconds=10), Kind.CART, impression=shown.pk)  # one more of the same card
    deed(tiny, NOON - timedelta(minutes=3, seconds=20), Kind.CART)  # found elsewhere
    deed(tiny, NOON - timedelta(minutes=2), Kind.PURCHASE, quantity=2, price_minor=500)
    deed(tiny, NOON + timedelta(minutes=1), Kind.CLICK)
    *_, yesterday, today = days_read(tiny.shop, NOON)
    assert (today.day, yesterday.day) == (date(2026, 6, 3), date(2026, 6, 2))
    assert (today.pages, today.seen, today.items_shown, today.degraded) == (3, 6, 6, 0)
    assert (yesterday.pages, yesterday.degraded) == (1, 1)
    assert (today.events, today.clicks, today.carts, today.purchases, today.revenue_minor) == (8, 1, 1, 1, 1000)
    assert today.ctr == today.cart_rate == pytest.approx(1 / 6)
    assert (today.p50_ms, today.p95_ms) == (20, 29)
    assert math.isnan(yesterday.p50_ms)


def test_a_card_that_was_opened_in_the_shop_is_a_click(tiny: TinyShop) -> None:
    shown = page(tiny, NOON - timedelta(hours=1))
    deed(tiny, NOON - timedelta(minutes=2), Kind.VIEW, impression=shown.pk)
    assert days_read(tiny.shop, NOON)[-1].ctr == pytest.approx(1 / 2)


def test_yesterday_is_counted_to_the_same_time_of_day(tiny: TinyShop) -> None:
    page(tiny, NOON - timedelta(days=1, minutes=1))
    page(tiny, NOON - timedelta(days=1) + timedelta(minutes=1))
    assert by_this_time_yesterday(tiny.shop, NOON).pages == 1
    assert days_read(tiny.shop, NOON)[-2].pages == 2


@pytest.mark.parametrize(("successes", "trials", "low", "high"), [(0, 40, 0.0, 0.0876), (5, 10, 0.2366, 0.7634)])
def test_intervals_of_shares(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=1e-3)


def test_intervals_cover_as_often_as_they_promise() -> None:
    rng = np.random.default_rng(5)
    shares = [wilson(int(k), 200) for k in rng.binomial(200, 0.04, 2_000)]
    counts = [poisson(int(k)) for k in rng.poisson(30, 2_000)]
    assert 0.93 < np.mean([low <= 0.04 <= high for low, high in shares]) < 0.975
    assert 0.93 < np.mean([low <= 30 <= high for low, high in counts]) < 0.975
    assert all(math.isnan(bound) for bound in wilson(0, 0))


def test_six_figures_and_four_plots(tiny: TinyShop) -> None:
    page(tiny, NOON - timedelta(hours=1), ms=12)
    page(tiny, NOON - timedelta(days=1, hours=1), ms=15)
    reading = Reading(tiny.shop, days_read(tiny.shop, NOON), by_this_time_yesterday(tiny.shop, NOON), 10)
    figures = {figure.name: figure for figure in figures_of(reading)}
    assert list(figures) == ["Events", "Click-through", "Into the basket", "Sales", "Catalogue seen", "Time to decide"]
    assert (figures["Time to decide"].value, figures["Time to decide"].before) == ("12 ms", "15 ms")
    assert figures["Catalogue seen"].value == "40.0%"
    assert figures["Click-through"].value == "0.0%"
    assert figures["Time to decide"].spark.count(" ") == 1
    assert [plot["title"] for plot in plots_of(reading)] == [
        "Events and pages", "Click-through", "Catalogue seen", "Time to decide",
    ]  # fmt: skip


def test_a_day_that_goes_on_is_drawn_as_such() -> None:
    lines = json.loads(lines_chart(["1", "2", "3"], [Series("a", [1, 2, 3])], last_is_partial=True))["datasets"]
    assert [line["data"] for line in lines] == [[1, 2, None], [None, 2, 3]]
    assert "borderDash" in lines[1]
    (bars,) = json.loads(bars_chart(["1", "2"], [Series("a", [1, 2])], last_is_partial=True))["datasets"]
    assert bars["backgroundColor"][0] != bars["backgroundColor"][1]
    assert spark_points([None, 0, 2], width=28, height=12) == "14.0,8.0 24.0,4.0"


def test_health_tells_of_switches_and_of_rules_that_leave_nothing(tiny: TinyShop) -> None:
    bundle = BundleVersion.objects.create(shop=tiny.shop, status="live", promoted_at=NOON - timedelta(days=1))
    Live.objects.create(shop=tiny.shop, bundle=bundle)
    today = days_read(tiny.shop, NOON)[-1]
    shown = page(tiny, NOON - timedelta(minutes=5))
    Impression.objects.filter(pk=shown.pk).update(degraded="rules_left_aside")
    assert health_of(tiny.shop, today, NOON).sentence.startswith("Rules left 1 page of the last hour nothing to show")
    assert health_of(tiny.shop, today, NOON + timedelta(hours=2)).tone == "good"
    switches_turn(shop=tiny.shop, switches=Switches(plain_surfaces=("search",)))
    assert health_of(tiny.shop, today, NOON).sentence == "Some pages are the same for everybody."
    switches_turn(shop=tiny.shop, switches=Switches(rules_off=True))
    told = health_of(tiny.shop, today, NOON)
    assert (told.tone, told.sentence) == ("bad", "All rules are off.")
    assert "ruleset" in told.address


def test_health_tells_of_an_item_that_went_after_a_rule_asked_for_it(tiny: TinyShop) -> None:
    pinned = tiny.items[5]
    Rule.objects.create(shop=tiny.shop, name="Pinned", action="pin", target="item", target_ids=[pinned.pk], slot=1)
    ruleset_publish(shop=tiny.shop)
    bundle = BundleVersion.objects.create(shop=tiny.shop, status="live", promoted_at=NOON - timedelta(days=1))
    Live.objects.filter(shop=tiny.shop).update(bundle=bundle)
    today = days_read(tiny.shop, NOON)[-1]
    assert health_of(tiny.shop, today, NOON).tone == "good"
    pinned.deleted_at = NOON
    pinned.save()
    told = health_of(tiny.shop, today, NOON)
    assert told.sentence.startswith(f"“Pinned” asks for {pinned.external_id}, which is deleted")
    Rule.objects.update(ends_at=NOON)
    ruleset_publish(shop=tiny.shop)
    assert health_of(tiny.shop, today, NOON).tone == "good", "its time is over"


def test_health_names_the_most_pressing_trouble(tiny: TinyShop) -> None:
    today = days_read(tiny.shop, NOON)[-1]

    def sentence() -> str:
        return health_of(tiny.shop, today, NOON).sentence

    assert "No bundle is live" in sentence()
    training = JobRun.objects.create(shop=tiny.shop, kind="train", status=JobRun.Status.RUNNING)
    assert sentence().endswith("until the training under way is done.")
    training.delete()
    bundle = BundleVersion.objects.create(shop=tiny.shop, status="live", promoted_at=NOON - timedelta(days=1))
    Live.objects.create(shop=tiny.shop, bundle=bundle)
    assert health_of(tiny.shop, today, NOON).tone == "good"
    BundleVersion.objects.update(promoted_at=NOON - timedelta(days=20))
    assert "more than a week" in sentence()
    message = Outbox.objects.create(shop=tiny.shop, topic="t", payload={})
    Outbox.objects.update(created_at=NOON - timedelta(minutes=3))
    assert "default worker" in sentence()
    Outbox.objects.filter(pk=message.pk).update(parked_at=NOON)
    assert "1 message gave up" in sentence()
    JobRun.objects.create(shop=tiny.shop, kind="train", status=JobRun.Status.PARKED)
    assert "1 job gave up" in sentence()


def test_today_without_a_shop_says_what_to_do() -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("ada", "ada@example.com", "lovelace-1815"))
    assert "There is no shop yet" in client.get("/admin/").content.decode()
    for path in ("/admin/recommender/rule/", "/admin/recommender/knobs/", "/admin/recommender/impression/inspector/"):
        assert client.get(path).status_code == 200
