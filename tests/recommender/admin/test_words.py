"""Staff pages say things in words, in the language of the page."""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from catalog.models import Category, ItemText, Tag
from dpe_site.environment import REPOSITORY
from recommender.admin.choices import fallback_word, kind_word, surface_word
from recommender.admin.jobs import result_word, step_word
from recommender.admin.page_list import pages_latest
from recommender.models import BundleVersion, GateAttempt, Impression, JobRun, Knobs, Live, Rule
from recommender.store.rulesets import AS_DELIVERED, ruleset_publish
from tests.fixtures.tiny_shop import TinyShop, shopper_with, tiny_live, tiny_shop
from users.kinds import Kind

pytestmark = pytest.mark.django_db
CHINESE = "zh-hans"


@pytest.fixture
def tiny() -> TinyShop:
    tiny = tiny_shop()
    tiny_live(tiny)
    return tiny


def test_what_a_shopper_did_is_told_in_the_language_of_the_page(staff: Client, tiny: TinyShop) -> None:
    shopper = shopper_with(tiny, tiny.items[:2], at=timezone.now())
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = CHINESE
    answer = staff.get(reverse("admin:inspector"), {"shopper": shopper.pk})
    assert [deed["kind"] for deed in answer.context["history"]] == ["浏览", "浏览"]


def test_lists_of_pages_name_surface_fallback_and_shopper(tiny: TinyShop) -> None:
    shopper = shopper_with(tiny, [], at=timezone.now())
    Impression.objects.create(
        shop=tiny.shop,
        shopper=shopper,
        surface="product",
        degraded="shop_trending",
        decision_key="k",
        shown_at=timezone.now() - timedelta(minutes=1),
    )
    with translation.override(CHINESE):
        (row,) = pages_latest(Impression.objects.all(), 5)
        assert (row.surface, row.fallback) == ("商品页", "本店热门")
        assert str(row.shopper) == f"顾客 {shopper.pk}"


def test_every_kind_fallback_and_step_has_chinese_words() -> None:
    pipeline = (REPOSITORY / "recommender/training/pipeline.py").read_text()  # to import it is to import torch
    steps = re.findall(r'Step\(.*?_\("([^"]+)"\)', pipeline)
    assert len(steps) > 10
    with translation.override(CHINESE):
        assert not [kind.word for kind in Kind if kind_word(kind).isascii()]
        fallbacks = ("precomputed", "segment_trending", "shop_trending", "newest")
        assert not [code for code in fallbacks if fallback_word(code).isascii()]
        assert not [step for step in steps if step_word(step).isascii()]
        assert step_word("") == ""


def test_a_jobs_result_is_told_in_words(staff: Client, tiny: TinyShop) -> None:
    with translation.override("en"):
        assert result_word("repaired.no customer: a guest per invoice") == "repaired: no customer: a guest per invoice"
        assert result_word("something_else") == "something_else"
    job = JobRun.objects.create(shop=tiny.shop, kind="import", status="succeeded", result={"lines": 7})
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = staff.get(reverse("admin:recommender_jobrun_change", args=[job.pk])).content.decode()
    assert "lines in the file" in page


def test_lists_name_their_columns_in_the_language_of_the_page() -> None:
    models = [model for model in admin.site._registry if model._meta.app_label in ("catalog", "users", "recommender")]
    with translation.override(CHINESE):
        named = {f"{model.__name__}.{field.name}": field for model in models for field in model._meta.fields}
        english = {name for name, field in named.items() if str(field.verbose_name).isascii()}
    assert {name for name in english if name.rpartition(".")[2] not in ("id", "pk")} == set()


def test_an_empty_list_says_so_in_the_language_of_the_page(staff: Client, tiny: TinyShop) -> None:
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = CHINESE
    address = reverse("admin:recommender_rule_changelist")
    page, narrowed = (staff.get(address, query).content.decode() for query in ({}, {"q": "nothing"}))
    with translation.override(CHINESE):
        assert str(admin.site._registry[Rule].empty_words) in page
        assert _("Nothing here fits the search or the filters.") in narrowed
    assert not re.search("No results|Nothing here|There is nothing", page + narrowed)


def test_bundles_and_first_rulesets_are_named_in_the_language_of_the_page(staff: Client, tiny: TinyShop) -> None:
    ruleset = ruleset_publish(shop=tiny.shop, note=AS_DELIVERED)
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = CHINESE
    change = reverse("admin:recommender_ruleset_change", args=[ruleset.pk])
    for address in (reverse("admin:recommender_ruleset_changelist"), change):
        page = staff.get(address).content.decode()
        assert "出厂设置" in page
        assert AS_DELIVERED not in page
    with translation.override(CHINESE):
        assert str(BundleVersion(pk=7)) == "模型包 7"


def test_going_back_says_what_it_would_change(staff: Client, tiny: TinyShop) -> None:
    first = ruleset_publish(shop=tiny.shop)
    Knobs.objects.update_or_create(shop=tiny.shop, defaults={"brand_cap": 2})
    address = reverse("admin:recommender_ruleset_make_live_again", args=[first.pk])
    assert "Nothing differs from what serves now." in staff.get(address).content.decode()
    ruleset_publish(shop=tiny.shop)
    page = BeautifulSoup(staff.get(address).content, "html.parser")
    told = [[cell.text for cell in row.select("th, td")] for row in page.select(".op-table tr")]
    assert told == [["items of one brand per row", "2 → 3"]]
    staff.post(address)
    assert Live.objects.get(shop=tiny.shop).ruleset == first


def test_the_surface_of_a_shown_page_is_named_in_the_language_of_the_page(staff: Client, tiny: TinyShop) -> None:
    shown = Impression.objects.create(shop=tiny.shop, surface="product", decision_key="k", item_ids=[])
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = CHINESE
    page = staff.get(reverse("admin:recommender_impression_change", args=[shown.pk])).content.decode()
    with translation.override(CHINESE):
        assert f">{surface_word('product')}<" in re.sub(r"\s*\n\s*", "", page)
    assert not re.search(r">\s*product\s*<", page)


def test_departments_tags_and_titles_are_named_in_the_language_of_the_page(staff: Client, tiny: TinyShop) -> None:
    item = tiny.items[0]
    Category.objects.filter(pk=item.department_id).update(names={CHINESE: "灯具"})
    Tag.objects.create(shop=tiny.shop, name="linen", names={CHINESE: "亚麻"})
    ItemText.objects.filter(item=item, language=CHINESE).update(title="黄铜台灯")
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = CHINESE
    items = staff.get(reverse("admin:catalog_item_changelist"), {"q": item.external_id}).content.decode()
    assert "灯具" in items and "黄铜台灯" in items
    assert "亚麻" in staff.get(reverse("admin:catalog_tag_changelist"), {"q": "亚麻"}).content.decode()
    assert "灯具" in staff.get(reverse("admin:catalog_category_changelist"), {"q": "灯具"}).content.decode()


def test_trials_of_the_gate_are_told_in_points_and_words(staff: Client, tiny: TinyShop) -> None:
    version = BundleVersion.objects.get()
    GateAttempt.objects.create(
        shop=tiny.shop, bundle=version, metric="ndcg@10", difference=0.23799, lower=0.161, upper=0.3143, verdict="first"
    )
    GateAttempt.objects.create(shop=tiny.shop, bundle=version, metric="ndcg@10", verdict="unproven")
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = CHINESE
    page = staff.get(reverse("admin:recommender_gateattempt_changelist")).content.decode()
    assert "首个模型包" in page and "+23.8" in page and "+16.1 … +31.4" in page
    assert "未能证明同样好" in page


@pytest.mark.parametrize("model", [BundleVersion, JobRun])
def test_every_state_is_shown_in_the_language_of_the_page(
    staff: Client, tiny: TinyShop, model: type[BundleVersion] | type[JobRun]
) -> None:
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = CHINESE
    more = {"kind": "train"} if model is JobRun else {}
    for status in model.Status.values:
        model.objects.create(shop=tiny.shop, status=status, **more)
    page = staff.get(reverse(f"admin:recommender_{model._meta.model_name}_changelist")).content.decode()
    labels = {label.get_text(strip=True) for label in BeautifulSoup(page, "html.parser").select("table .uppercase")}
    with translation.override(CHINESE):
        wanted = {str(label) for label in model.Status.labels}
    assert wanted <= labels
    assert not labels & set(model.Status.values)
