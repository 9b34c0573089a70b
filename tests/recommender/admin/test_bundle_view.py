"""What staff read of a bundle."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from catalog.models import Shop
from recommender.admin.bundle_view import bundle_view
from recommender.models import BundleVersion, JobRun, Live, LiveChange
from users.models import User


def bundle(models: list[str], absent: dict[str, str]) -> BundleVersion:
    return BundleVersion(recipe={"learning": {"models": models}}, absent=absent)


def test_a_model_that_nobody_asked_for_is_not_missing() -> None:
    view = bundle_view(bundle(["ease"], {"vae": "the recipe does not name it", "als": "the recipe does not name it"}))
    names = [part.name for part in view["parts"]]
    assert "EASE" in names
    assert "Mult-VAE" not in names


def test_a_model_that_was_asked_for_and_could_not_be_made_says_why() -> None:
    view = bundle_view(bundle(["ease", "als"], {"als": "too little behaviour"}))
    (part,) = (part for part in view["parts"] if part.name == "ALS")
    assert not part.present
    assert part.words == "too little behaviour"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["everybody"], "10 % likelier; segment, language and time tell nothing more"),
        (["everybody", "segment=new", "hours=06-12"], "10 % likelier; 2 segments, languages and times count"),
    ],
)
def test_what_a_situation_tells_is_said(settings: Any, tmp_path: Path, names: list[str], told: str) -> None:
    settings.DPE_BUNDLES = str(tmp_path)
    (tmp_path / "one").mkdir()
    about = {"start_states": {"names": names, "gain": 0.0953}}
    (tmp_path / "one" / "manifest.json").write_text(json.dumps(about))
    version = bundle([], {})
    version.path = "one"
    (part,) = (part for part in bundle_view(version)["parts"] if part.name == "first pages by situation")
    assert part.present
    assert part.words.endswith(told)


def test_a_bundle_of_an_older_version_claims_no_start_states() -> None:
    assert "first pages by situation" not in [part.name for part in bundle_view(bundle([], {}))["parts"]]


def judged(**click: Any) -> dict[str, Any]:
    return {"ranker": {"rows": 900, "heads": {"click": {"positives": 40, "ece_explored": 0.0123, **click}}}}


BINS = [
    {"said": 0.01, "happened": 0.02, "low": 0.005, "high": 0.05, "rows": 500},
    {"said": 0.1, "happened": 0.09, "low": 0.06, "high": 0.13, "rows": 400},
]


def test_reliability_is_drawn_to_one_scale_of_both_axes() -> None:
    version = bundle([], {})
    version.evaluation = judged(reliability=BINS)
    view = bundle_view(version)
    (plot,) = view["reliability"]
    assert (plot.head, plot.ece) == ("click", "0.0123")
    first, last = plot.points
    assert float(first.x) < float(last.x)
    assert float(first.y) > float(last.y)  # downwards in a picture
    assert float(last.high) < float(last.y) < float(last.low)
    assert [tick.words for tick in plot.ticks] == ["0 %", "7.5 %", "15 %"]
    assert last.interval == "6 % … 13 %"
    line = [(float(tick.x), float(tick.y)) for tick in plot.ticks]
    on_line = line[0][1] + (line[2][1] - line[0][1]) * 0.1 / 0.15
    assert float(last.y) > on_line  # it happened less often than was said
    assert ("ranker.heads.click.positives", "40") in view["numbers"]
    assert not any("reliability" in name for name, _ in view["numbers"])


def test_a_bundle_that_kept_no_bins_draws_none() -> None:
    version = bundle([], {})
    version.evaluation = judged()
    assert bundle_view(version)["reliability"] == []


@pytest.mark.django_db
def test_the_page_draws_reliability(admin_client: Any) -> None:
    shop = Shop.objects.create(code="one", name="One")
    version = BundleVersion.objects.create(shop=shop, evaluation=judged(reliability=BINS))
    page = admin_client.get(reverse("admin:recommender_bundleversion_change", args=[version.pk])).content.decode()
    assert page.count('class="op-reliability"') == 1
    assert page.count("<circle") >= 2
    assert "ECE 0.0123" in page


@pytest.mark.django_db
def test_the_page_draws_the_losses_of_its_own_training(admin_client: Any) -> None:
    shop = Shop.objects.create(code="one", name="One")
    mine, other = (BundleVersion.objects.create(shop=shop) for _ in range(2))
    curves = {"loss": [[1, 0.9], [2, 0.4]]}
    job = JobRun.objects.create(shop=shop, kind="train", result={"bundle": mine.pk}, curves=curves)
    page = admin_client.get(reverse("admin:recommender_bundleversion_change", args=[mine.pk])).content.decode()
    assert page.count("<canvas") == 1
    assert reverse("admin:recommender_jobrun_change", args=[job.pk]) in page
    page = admin_client.get(reverse("admin:recommender_bundleversion_change", args=[other.pk])).content.decode()
    assert "<canvas" not in page


@pytest.mark.django_db
def test_what_cannot_be_done_to_a_bundle_has_no_button(admin_client: Any) -> None:
    shop = Shop.objects.create(code="one", name="One")
    served = BundleVersion.objects.create(shop=shop, status="retired")
    live = BundleVersion.objects.create(shop=shop, status="live")
    Live.objects.create(shop=shop, bundle=live)
    back = reverse("admin:recommender_bundleversion_roll_back")
    promote = "admin:recommender_bundleversion_promote"
    for address in (back, reverse(promote, args=[live.pk])):
        assert 'class="op-button"' not in admin_client.get(address).content.decode()
    assert "the state of bundle" in admin_client.get(reverse(promote, args=[live.pk])).content.decode()
    Live.objects.update(previous_bundle=served)
    for address in (back, reverse(promote, args=[served.pk])):
        assert 'class="op-button"' in admin_client.get(address).content.decode()
    for version, offered in ((served, True), (live, False)):
        page = admin_client.get(reverse("admin:recommender_bundleversion_change", args=[version.pk])).content.decode()
        assert (reverse(promote, args=[version.pk]) in page) is offered


@pytest.mark.django_db
def test_a_bundle_tells_when_it_served_and_who_had_it_so(admin_client: Any, admin_user: User) -> None:
    shop = Shop.objects.create(code="one", name="One")
    first, second = (BundleVersion.objects.create(shop=shop, status="retired") for _ in range(2))
    LiveChange.objects.create(shop=shop, bundle=second, before=first, way="gate")
    LiveChange.objects.create(shop=shop, bundle=first, before=second, way="rolled_back", by=admin_user)
    page = admin_client.get(reverse("admin:recommender_bundleversion_change", args=[second.pk])).content.decode()
    taken = f"bundle {first.pk} took over (rolled back, by admin)"
    assert page.index(taken) < page.index("went live (passed the gate, by a training)")
    Live.objects.create(shop=shop, bundle=first, previous_bundle=second)
    back = admin_client.get(reverse("admin:recommender_bundleversion_roll_back")).content.decode()
    assert f"bundle {second.pk} was itself taken back, by admin." in back


@pytest.mark.django_db
def test_a_training_under_way_is_told_before_a_bundle_is_chosen(admin_client: Any) -> None:
    shop = Shop.objects.create(code="one", name="One")
    served, live = (BundleVersion.objects.create(shop=shop, status=status) for status in ("retired", "live"))
    Live.objects.create(shop=shop, bundle=live, previous_bundle=served)
    job = JobRun.objects.create(shop=shop, kind="train", status="running")
    back = reverse("admin:recommender_bundleversion_roll_back")
    promote = reverse("admin:recommender_bundleversion_promote", args=[served.pk])
    for address in (back, promote):
        assert "A training is under way." in admin_client.get(address).content.decode()
    JobRun.objects.filter(pk=job.pk).update(status="cancelled")
    for address in (back, promote):
        assert "A training is under way." not in admin_client.get(address).content.decode()


def test_earned_quotas_stand_beside_the_defaults(settings: Any, tmp_path: Path) -> None:
    settings.DPE_BUNDLES = str(tmp_path)
    (tmp_path / "one").mkdir()
    earned = {"quotas": {"trending": 55, "ease": 31}, "brought": {"ease": 0.125}, "alone": {"trending": 0.5}}
    (tmp_path / "one" / "manifest.json").write_text(json.dumps({"quotas": earned}))
    version = bundle([], {})
    version.path = "one"
    view = bundle_view(version)
    assert [(line.words, line.quota, line.default, line.brought, line.alone) for line in view["quotas"]] == [
        ("explained by other items", 31, 80, 12.5, 0.0),
        ("trending", 55, 40, 0.0, 50.0),
    ]
    assert "room for each source" in [part.name for part in view["parts"] if part.present]


def test_without_earned_quotas_there_is_no_table() -> None:
    view = bundle_view(bundle([], {}))
    assert view["quotas"] == []
    assert "room for each source" not in [part.name for part in view["parts"]]
