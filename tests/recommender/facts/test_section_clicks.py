"""Cards seen and clicked, by section: only what was seen counts, once each, of those who allow learning."""

from datetime import timedelta

import pytest

from recommender.facts.context import Asked, context_read
from recommender.facts.section_clicks import section_clicks
from recommender.homepage import homepage_page
from recommender.models import Impression, TrendSnapshot
from recommender.store.gather import SqlGather
from recommender.store.live import serving_read
from recommender.trends import trend_refresh
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with, tiny_served
from users.consent import consent_record
from users.interactions import interaction_record
from users.kinds import Kind
from users.models import Consent, Shopper

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def live() -> TinyShop:
    return tiny_served()


def visited(live: TinyShop, *, clicks: int, name: str = "") -> tuple[Shopper, list[str]]:
    """Somebody who saw a whole homepage and clicked its first cards twice each; the sections of all its cards."""
    shopper = shopper_with(live, [live.items[k] for k in (0, 6, 12)], name=name)
    page = homepage_page(shop=live.shop, shopper=shopper, now=NOW)
    shown = Impression.objects.get(pk=page.impression_id)
    Impression.objects.filter(pk=shown.pk).update(seen=[True] * len(shown.item_ids))
    by_id = {item.pk: item for item in live.items}
    for position in range(clicks):
        for kind in (Kind.CLICK, Kind.VIEW):
            interaction_record(
                shopper=shopper, item=by_id[shown.item_ids[position]], kind=kind, at=NOW, impression=shown.pk,
                position=position,
            )  # fmt: skip
    return shopper, [shown.sections[number]["code"] for number in shown.section_of]


def test_seen_and_clicked_cards_by_section(live: TinyShop) -> None:
    shopper, codes = visited(live, clicks=3)
    counted = section_clicks(live.shop, LATER)
    assert {code: seen for code, (seen, _clicks) in counted.items()} == {code: codes.count(code) for code in set(codes)}
    assert sum(clicks for _seen, clicks in counted.values()) == 3
    assert counted[codes[0]][1] == codes[:3].count(codes[0])
    consent_record(shopper=shopper, purpose=Consent.Purpose.LEARNING, granted=False, at=NOW)
    assert section_clicks(live.shop, LATER) == {}


def test_what_is_not_seen_does_not_count(live: TinyShop) -> None:
    visited(live, clicks=0)
    Impression.objects.update(seen=[True, False])
    assert [seen for seen, _clicks in section_clicks(live.shop, LATER).values()] == [1]


def test_the_next_page_reads_it(live: TinyShop) -> None:
    visited(live, clicks=3)
    TrendSnapshot.objects.update(sections={"deals": [1_000, 200], "top_picks": [1_000, 100]}, at=LATER)
    context = context_read(live.shop, None, Asked(surface="homepage", session="s", now=LATER))
    appeal = dict(SqlGather(serving_read(live.shop.pk))(context).section_appeal)
    assert appeal["deals"] > 0 > appeal["top_picks"]


def test_a_refresh_keeps_them(live: TinyShop) -> None:
    visited(live, clicks=3)
    sections = trend_refresh(live.shop, now=LATER).sections
    assert sections == section_clicks(live.shop, LATER)
    assert sections
