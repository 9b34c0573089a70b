"""Staff see what each deed was found to say, overrule it, and read what was done about odd facts."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from catalog.models import Shop
from recommender.admin.preparation import TREATMENTS, preparation_view
from recommender.admin.ruleset_changes import changes_of
from recommender.data.event_weights import UNIFORM, EventWeights, KindWeight
from recommender.data.preprocessing import snapshot_prepare
from recommender.data.types import DataError
from recommender.models import BundleVersion, Knobs, Live
from recommender.store.bundles import bundle_path
from recommender.store.rulesets import ruleset_publish, staff_event_weights
from tests.recommender.data.test_preprocessing import shop as snapshot_of
from users.models import User

pytestmark = pytest.mark.django_db
LEARNED = EventWeights((KindWeight("cart", 2.2, 2.0, 2.4, 300, 150), *UNIFORM.kinds[:2]))
PREPARATION = {
    "treated": [{"code": "price_unknown", "count": 3, "of": 12}, {"code": "dwell_long", "count": 0, "of": 9}],
    "event_weights": LEARNED.overruled({"view": 0.25}).to_json(),
}


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(code="one", name="One")


@pytest.fixture
def bundle(shop, settings, tmp_path) -> BundleVersion:
    settings.DPE_BUNDLES = tmp_path
    bundle = BundleVersion.objects.create(shop=shop, path="one/first", status="live")
    bundle_path(bundle).mkdir(parents=True)
    (bundle_path(bundle) / "manifest.json").write_text(json.dumps({"preparation": PREPARATION}))
    Live.objects.create(shop=shop, bundle=bundle)
    return bundle


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("grace", password="x"))
    return client


def save(client: Client, knobs: Knobs, **fields: object):
    address = reverse("admin:recommender_knobs_change", args=[knobs.pk])
    page = client.get(address)
    form = {name: field.value() for name, field in ((f.name, f) for f in page.context["adminform"].form)}
    return client.post(address, {name: value for name, value in (form | fields).items() if value is not None})


def test_the_knobs_show_what_was_learned_and_keep_what_staff_say(shop, bundle, boss):
    knobs = Knobs.objects.create(shop=shop)
    page = boss.get(reverse("admin:recommender_knobs_change", args=[knobs.pk])).content.decode()
    assert "2.00 – 2.40" in page
    answer = save(boss, knobs, weight_view="0", weight_cart="7.5")
    assert answer.status_code == 302
    knobs.refresh_from_db()
    assert knobs.event_weights == {"view": 0.0, "cart": 7.5}
    assert "weight of “view”" in str(LogEntry.objects.latest("action_time"))
    save(boss, knobs, weight_view="", weight_cart="7.5")
    knobs.refresh_from_db()
    assert knobs.event_weights == {"cart": 7.5}


@pytest.mark.parametrize("weight", ["-1", "101", "much"])
def test_a_weight_that_is_none_is_refused_in_the_form(shop, boss, weight):
    knobs = Knobs.objects.create(shop=shop)
    answer = save(boss, knobs, weight_view=weight)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {"weight_view"}
    knobs.refresh_from_db()
    assert knobs.event_weights == {}


def test_a_ruling_holds_when_it_is_published(shop):
    plain = ruleset_publish(shop=shop)
    assert "event_weights" not in plain.content
    Knobs.objects.create(shop=shop, event_weights={"view": 0.5})
    assert staff_event_weights(shop) == {}
    assert changes_of(shop) == [("weight of “view”", "as learned → 0.5")]
    assert ruleset_publish(shop=shop).hash != plain.hash
    assert staff_event_weights(shop) == {"view": 0.5}
    assert changes_of(shop) == []


def test_a_ruling_that_is_none_is_not_published(shop):
    Knobs.objects.create(shop=shop, event_weights={"glance": 2})
    with pytest.raises(DataError, match="no kind 'glance'"):
        ruleset_publish(shop=shop)


def test_a_bundle_tells_its_preparation(bundle, boss):
    page = boss.get(reverse("admin:recommender_bundleversion_change", args=[bundle.pk])).content.decode()
    assert "items without a price" in page
    assert "3 of 12 (25.0" in page
    assert "set by staff" in page
    assert "half an hour" not in page


def test_an_older_bundle_says_nothing_of_it(bundle, boss):
    (bundle_path(bundle) / "manifest.json").write_text("{}")
    page = boss.get(reverse("admin:recommender_bundleversion_change", args=[bundle.pk])).content.decode()
    assert "What was done about odd facts" not in page


def test_every_treatment_has_words():
    _, report = snapshot_prepare(snapshot_of(1))
    assert {one.code for one in report.treated} | {"doubtful"} == TREATMENTS.keys()
    told = preparation_view({"preparation": {"treated": [{"code": code, "count": 1, "of": 1} for code in TREATMENTS]}})
    assert len(told["treated"]) == len(TREATMENTS)
