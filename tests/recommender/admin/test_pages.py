"""Every page of the admin opens on the demo shop, and long lists stay cheap."""

from uuid import uuid4

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.models import Item, Relation, Shop, Tag
from catalog.outbox import outbox_add
from recommender.jobs import job_ask
from recommender.models import (
    BundleVersion,
    Experiment,
    GateAttempt,
    HomepageLayout,
    Impression,
    Knobs,
    LiveChange,
    PrecomputedList,
    RequestLog,
    Rule,
    Segment,
    TextVector,
)
from tests.fixtures.databases import Database
from users.models import (
    Basket,
    Consent,
    Device,
    Favourite,
    Interaction,
    Order,
    Review,
    Search,
    Shopper,
    Suspicion,
    User,
)

OURS = ("catalog", "users", "recommender", "auth")
LONG = (Item, Interaction, Impression, Shopper, Order, Search)
MODELS = [model for model in admin.site._registry if model._meta.app_label in OURS]
FACTS = {
    "Outbox", "ShopperState", "Interaction", "Consent", "Search", "Suspicion", "Favourite", "Device", "Basket", "Order",
    "Impression", "RequestLog", "PrecomputedList", "TextVector", "TrendSnapshot", "Live", "LiveChange", "GateAttempt",
    "Ruleset", "BundleVersion", "JobRun",
}  # fmt: skip


@pytest.fixture(scope="session")
def site_template(demo_shop: Database) -> Database:
    return demo_shop


@pytest.fixture(scope="module")
def staff(site_database: Database) -> Client:
    shop, shopper, item = (
        Shop.objects.get(),
        Shopper.objects.order_by("pk").first(),
        Item.objects.order_by("pk").first(),
    )
    one_of_each(shop, shopper, item)
    client = Client()
    client.force_login(User.objects.create_superuser("ada", "ada@example.com", "lovelace-1815"))
    return client


def one_of_each(shop: Shop, shopper: Shopper, item: Item) -> None:
    """A row of everything that a generated shop need not have."""
    bundle = BundleVersion.objects.create(shop=shop, status="ready", evaluation={"ndcg@10": 0.2})
    GateAttempt.objects.create(shop=shop, bundle=bundle, metric="ndcg@10", verdict="first")
    LiveChange.objects.create(shop=shop, bundle=bundle, way="gate")
    Experiment.objects.create(shop=shop, name="bold", arms=[{"name": "a", "share": 1.0, "knobs": {}}])
    Knobs.objects.get_or_create(shop=shop)
    HomepageLayout.objects.get_or_create(shop=shop, section="deals")
    Rule.objects.create(shop=shop, name="More of it", action="boost", target="item", target_ids=[item.pk])
    Segment.objects.create(shop=shop, name="Newcomers", conditions={"deeds_to": 3})
    RequestLog.objects.create(impression=uuid4(), shop=shop, seed=1, payload=b"")
    PrecomputedList.objects.create(shop=shop, shopper=shopper)
    TextVector.objects.create(shop=shop, item=item, encoder="e", content_hash="h", vector=[0.0] * 384)
    Relation.objects.create(shop=shop, source=item, target=Item.objects.exclude(pk=item.pk).first(), kind="goes_with")
    Tag.objects.get_or_create(shop=shop, name="linen")
    about = {"shop": shop, "shopper": shopper}
    Consent.objects.create(**about, purpose="personalise", granted=True)
    Search.objects.create(**about, query="lamp")
    Suspicion.objects.create(**about, cause="flood")
    Review.objects.create(**about, item=item, rating=4)
    Favourite.objects.get_or_create(**about, item=item)
    Device.objects.create(**about, platform="web")
    Basket.objects.get_or_create(shopper=shopper, defaults={"shop": shop})
    Order.objects.create(**about, total_minor=100, currency="GBP", placed_at=timezone.now())
    outbox_add(shop=shop, topic="test", payload={})
    job_ask(shop=shop, kind="train")


def what_is_kept(row: Model) -> str:
    """The row as the database has it, bytes and NaN comparable."""
    kept = type(row)._default_manager.filter(pk=row.pk).values().get()
    return repr({name: bytes(value) if isinstance(value, memoryview) else value for name, value in kept.items()})


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_pages_open(staff: Client, model: type[Model]) -> None:
    assert staff.get(address(model, "changelist"), follow=True).status_code == 200
    assert staff.get(address(model, "changelist"), {"q": "linen"}, follow=True).status_code == 200
    row = model._default_manager.first()
    if model._meta.label == "auth.Group":
        row = model._default_manager.create(name="merchandisers")
    assert row is not None, "give one_of_each a row of it"
    assert staff.get(address(model, "change", row.pk), follow=True).status_code == 200
    is_closed = model.__name__ in FACTS or model is Knobs  # the one shop has its knobs
    assert staff.get(address(model, "add")).status_code == (403 if is_closed else 200)


def test_a_shop_gets_its_knobs_once(staff: Client) -> None:
    Knobs.objects.all().delete()
    assert staff.get("/admin/recommender/knobs/", follow=True).request["PATH_INFO"].endswith("/knobs/add/")
    knobs = Knobs.objects.create(shop=Shop.objects.get())
    page = staff.get(address(Knobs, "change", knobs.pk)).content.decode()
    assert "_addanother" not in page
    assert "from 0.01 to 5" in page


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model.__name__ in FACTS], ids=lambda model: model.__name__
)
def test_facts_are_neither_edited_nor_deleted(staff: Client, model: type[Model]) -> None:
    row = model._default_manager.first()
    assert row is not None
    before = what_is_kept(row)
    if model.__name__ != "Outbox":
        assert staff.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert staff.post(address(model, "change", row.pk), {"_save": "Save"}).status_code == 403
    assert what_is_kept(row) == before


@pytest.mark.parametrize("model", LONG, ids=lambda model: model.__name__)
def test_long_lists_ask_few_questions(staff: Client, model: type[Model]) -> None:
    staff.get(address(model, "changelist"))
    with CaptureQueriesContext(connection) as asked:
        staff.get(address(model, "changelist"))
    assert len(asked) <= 20, "\n".join(query["sql"][:150] for query in asked)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("path", ["/admin/", "/admin/recommender/rule/add/", "/admin/recommender/knobs/"])
def test_own_pages_open_in_both_languages(staff: Client, path: str, language: str) -> None:
    answer = staff.get(path, follow=True, headers={"accept-language": language})
    assert answer.status_code == 200
    assert f'lang="{language}"' in answer.content.decode()[:300]


def test_today_asks_few_questions_and_shows_six_figures_and_four_plots(staff: Client) -> None:
    staff.get("/admin/")
    with CaptureQueriesContext(connection) as asked:
        answer = staff.get("/admin/")
    assert len(asked) <= 30
    assert sum(float(query["time"]) for query in asked) < 2.0
    assert len(answer.context["figures"]) == 6
    assert [bool(plot["data"]) for plot in answer.context["plots"]] == [True] * 4


def test_shopper_leads_to_the_inspector_and_to_being_forgotten(staff: Client) -> None:
    shopper = Shopper.objects.order_by("pk").first()
    page = staff.get(address(Shopper, "change", shopper.pk)).content.decode()
    assert address(Shopper, "inspect", shopper.pk) in page
    assert address(Shopper, "forget", shopper.pk) in page
    inspected = staff.get(address(Shopper, "inspect", shopper.pk), follow=True)
    assert inspected.status_code == 200
    assert inspected.context["inspection"].shopper_id == shopper.pk


def test_a_person_is_forgotten_after_being_asked(staff: Client) -> None:
    shopper = Shopper.objects.filter(interactions__isnull=False, user=None).order_by("-pk").first()
    forget = reverse("admin:shopper_erase", args=[shopper.pk])
    assert staff.get(forget).status_code == 200
    assert Interaction.objects.filter(shopper=shopper).exists()
    staff.post(forget)
    assert not Interaction.objects.filter(shopper=shopper).exists()


def test_pages_of_the_past_without_a_log_are_still_shown(staff: Client) -> None:
    shown = Impression.objects.filter(synthetic=True).exclude(item_ids=[]).order_by("pk").first()
    answer = staff.get(reverse("admin:inspector"), {"q": str(shown.pk)})
    assert answer.status_code == 200
    cards = [view.card.item_id for _title, views in answer.context["sections"] for view in views]
    assert sorted(cards) == sorted(shown.item_ids)


def test_unknown_words_are_answered_with_a_sentence(staff: Client) -> None:
    answer = staff.get(reverse("admin:inspector"), {"q": "nobody-of-that-name"})
    assert "nobody-of-that-name" in answer.context["problem"]
    lost = str(uuid4())
    assert lost in staff.get(reverse("admin:inspector"), {"q": lost}).context["problem"]
