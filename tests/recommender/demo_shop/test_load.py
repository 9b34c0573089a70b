"""The generated shop in real Postgres: complete, consistent with its log, and the same after a second run."""

from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.db.models import F

from catalog.models import Category, Item, ItemText, Media, Outbox, Relation, Shop
from recommender.demo_shop.load import truth_file
from recommender.models import HomepageLayout, Impression, Live
from tests.fixtures.databases import Database
from tests.fixtures.demo import SMALL
from users.kinds import Kind
from users.models import Favourite, Interaction, Order, Review, Search, Shopper, ShopperState


@pytest.fixture(scope="module")
def site_template(demo_shop: Database) -> Database:
    return demo_shop


pytestmark = pytest.mark.usefixtures("site_database")


def test_everything_has_two_languages_and_a_picture() -> None:
    assert Item.objects.count() == 240
    assert ItemText.objects.filter(language="en").count() == 240
    assert ItemText.objects.filter(language="zh-hans").count() == 240
    assert Category.objects.filter(parent=None).count() == 12
    assert all(category.name_in("zh-hans") != category.name for category in Category.objects.all())
    for media in Media.objects.all():
        assert (Path(settings.MEDIA_ROOT) / media.path).read_text(encoding="utf-8").startswith("<svg")
    assert Item.objects.filter(media__isnull=True).count() == 0


def test_items_carry_what_decisions_need() -> None:
    assert Item.objects.filter(list_price_minor__gt=F("price_minor")).count() > 12
    assert not Item.objects.exclude(category__parent=F("department")).exists()
    assert not Item.objects.filter(tags__isnull=True).exists()
    assert Item.objects.filter(content_hash="").count() == 0
    assert Relation.objects.filter(kind="goes-with").count() > 240
    assert Outbox.objects.filter(topic="item.changed").exists()


def test_people_have_histories_and_states_that_agree() -> None:
    assert Shopper.objects.filter(synthetic=True).count() == 60
    state = ShopperState.objects.order_by("-version", "pk").first()
    assert state is not None
    own = Interaction.objects.filter(shopper_id=state.pk, item__isnull=False).order_by("occurred_at", "id")
    assert state.recent_items == list(own.values_list("item_id", flat=True))[-100:]
    bought = set(own.filter(kind=Kind.PURCHASE).values_list("item_id", flat=True))
    assert set(state.purchased_items) == bought
    assert Search.objects.exists()
    assert Favourite.objects.exists()
    assert Review.objects.exists()


def test_orders_add_up() -> None:
    orders = Order.objects.prefetch_related("lines")
    assert orders
    for order in orders:
        assert order.total_minor == sum(line.quantity * line.price_minor for line in order.lines.all())
        assert Interaction.objects.filter(order=str(order.pk), kind=Kind.PURCHASE).count() == len(order.lines.all())


def test_clicks_point_to_the_slot_of_their_page() -> None:
    pages = {page.pk: page for page in Impression.objects.all()}
    clicks = Interaction.objects.filter(kind=Kind.CLICK).values_list("impression", "position", "item_id", "shopper_id")
    assert len(clicks) > 50
    for impression, position, item, shopper in clicks:
        assert impression is not None
        assert position is not None
        assert pages[impression].item_ids[position] == item
        assert pages[impression].shopper_id == shopper


def test_pages_are_logged_as_the_policy_drew_them() -> None:
    departments = set(Category.objects.filter(parent=None).values_list("pk", flat=True))
    for page in Impression.objects.all():
        assert page.synthetic
        assert len(page.item_ids) == len(page.propensities) == len(page.seen) == len(page.section_of)
        assert 0 < min(page.propensities) <= max(page.propensities) <= 1
        assert set(page.item_ids) <= set(page.pool_ids)
        assert {s["subject"] for s in page.sections if s["code"] == "department_trend"} <= departments


def test_the_shop_is_ready_to_serve() -> None:
    live = Live.objects.select_related("ruleset", "trend").get(shop__code="demo")
    assert live.ruleset is not None
    assert live.trend is not None
    assert HomepageLayout.objects.filter(surface="homepage", enabled=True).count() == 6


def test_the_truth_lies_in_a_file_and_not_in_the_database() -> None:
    truth = np.load(truth_file(3), allow_pickle=False)
    assert truth["style_taste"].shape[0] == 60
    segments = set(Shopper.objects.values_list("segment", flat=True))
    assert segments <= {"frequent", "regular", "occasional"}


def test_a_second_run_changes_nothing(site_database: Database) -> None:
    before = _counts()
    said = site_database.command("load_demo", *SMALL)
    assert "there already" in said
    assert _counts() == before


def _counts() -> dict[str, object]:
    models = (Shop, Item, ItemText, Media, Relation, Shopper, Interaction, Impression, Order, Outbox)
    counts: dict[str, object] = {model.__name__: model.objects.count() for model in models}
    counts["versions"] = list(ShopperState.objects.order_by("pk").values_list("pk", F("version")))
    return counts
