"""What training reads of a logged page is what the request read of it, column by column."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from recommender.data.reward import HEADS
from recommender.facts.snapshot import snapshot_take
from recommender.homepage import homepage_page
from recommender.models import Impression
from recommender.ranking.components import COMPONENTS, components_compute
from recommender.ranking.features import CANDIDATE_FEATURES, HISTORY_FEATURES, feature_names
from recommender.ranking.logged_pages import logged_pages
from recommender.ranking.training_rows import page_rows_make
from recommender.replay import replay
from recommender.serving.bundle import Bundle
from recommender.trends import trend_refresh
from tests.fixtures.events import event, seen, take
from tests.fixtures.tiny_shop import NOW, TinyShop, tiny_live, tiny_shop
from users.identity import Identity, guest_new
from users.shoppers import shopper_find

pytestmark = pytest.mark.django_db

PEOPLE, VISITS = 6, 4
TOLERANCE = 1e-5


def visit(tiny: TinyShop, guest: Identity, now: datetime, rng: np.random.Generator) -> None:
    """Look around, get a homepage, see some of it, open a card or two, dislike one now and then."""
    kinds = ("view", "view", "view", "cart", "favourite")
    for step in range(6):
        item = f"T{int(rng.integers(0, 120) * rng.random())}"
        take(tiny.shop, guest, event(str(rng.choice(kinds)), item), now=now + timedelta(seconds=20 * step))
    at = now + timedelta(minutes=5)
    trend_refresh(tiny.shop, now=at)
    shopper = shopper_find(shop=tiny.shop, identity=guest)
    shown = Impression.objects.get(pk=homepage_page(shop=tiny.shop, shopper=shopper, now=at).impression_id)
    take(tiny.shop, guest, seen(shown, *range(10)), now=at + timedelta(seconds=2))
    names = {item.pk: item.external_id for item in tiny.items}
    for slot in rng.choice(10, 2, replace=False).tolist():
        opened = {"impression": str(shown.pk), "position": slot, "surface": "homepage"}
        kind = str(rng.choice(["click", "view", "dislike"]))
        take(
            tiny.shop, guest, event(kind, names[shown.item_ids[slot]], **opened), now=at + timedelta(seconds=30 + slot)
        )


@pytest.fixture
def served() -> tuple[TinyShop, Bundle]:
    tiny = tiny_shop()
    bundle, _ = tiny_live(tiny, ranker=HEADS)
    rng = np.random.default_rng(3)
    guests = [guest_new() for _ in range(PEOPLE)]
    for round_ in range(VISITS):
        for number, guest in enumerate(guests):
            visit(tiny, guest, NOW + timedelta(hours=7 * round_, minutes=20 * number), rng)
    return tiny, bundle


def test_training_reads_what_the_request_read(served: tuple[TinyShop, Bundle]) -> None:
    tiny, bundle = served
    snapshot = snapshot_take(tiny.shop, until=NOW + timedelta(days=5))
    assert snapshot.impressions is not None
    shown = Impression.objects.of(tiny.shop).order_by("pk")
    pages = np.unique(snapshot.impressions.page)
    assert len(pages) == len(shown) == PEOPLE * VISITS
    names, compared, worst = feature_names(COMPONENTS), 0, np.zeros(len(feature_names(COMPONENTS)))
    own = (*CANDIDATE_FEATURES, *HISTORY_FEATURES)
    seen_tired = 0.0
    for page in logged_pages(snapshot, bundle.arrays, pages):
        trace = replay(shown[page.page].pk, trace=True).decision.trace
        assert trace is not None
        roads = {road["item"]: road for road in trace["candidates"]}
        trained = page_rows_make(page, bundle.arrays, bundle.state_encoder, components_compute).features
        for row, item in enumerate(page.gathered.item_ids.tolist()):
            road = roads[item]
            request = [*(road["components"][name] for name in COMPONENTS), *(road["features"][name] for name in own)]
            worst = np.maximum(worst, np.abs(trained[row] - np.array(request)))
            compared += 1
            seen_tired += road["features"]["fatigue"]
    assert compared > 1000
    assert seen_tired > 0
    apart = {name: round(float(value), 5) for name, value in zip(names, worst, strict=True) if value > TOLERANCE}
    assert apart == {}
