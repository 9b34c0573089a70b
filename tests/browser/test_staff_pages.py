"""Staff steer the shop in a real browser: a rule, the knobs, the inspector, Today and a training."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from catalog.models import Brand, Item
from recommender.jobs import job_run
from recommender.models import Impression, JobRun, Live, Rule
from recommender.what_if import KIND, what_if_do
from tests.fixtures.databases import Database
from tests.fixtures.web import Web
from users.models import User

pytestmark = pytest.mark.browser

Screenshot = Callable[[str], Path]


@pytest.fixture(scope="session")
def site_template(demo_shop: Database) -> Database:
    return demo_shop


@pytest.fixture
def staff_page(web: Web, browser_page: Page) -> Page:
    """A page signed in as staff."""
    user = User.objects.filter(username="ada").first() or User.objects.create_superuser(
        "ada", "a@example.com", "x-1815"
    )
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    browser_page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": web.url}])
    return browser_page


def publish(page: Page) -> None:
    page.get_by_role("button", name="Save and publish").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Published as ruleset")).to_be_visible()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_pinned_item_is_first_on_the_next_homepage(web: Web, staff_page: Page, screenshot: Screenshot) -> None:
    item = Item.objects.filter(status="active", stock__gt=5).order_by("-pk").first()
    staff_page.goto(f"{web.url}/admin/recommender/rule/add/")
    staff_page.get_by_text("pin to a slot").click()
    expect(staff_page.locator("#id_brands")).to_be_hidden()
    staff_page.locator("#id_slot").fill("1")
    staff_page.locator("#id_items").fill(item.external_id)
    expect(staff_page.locator("#rule-preview")).to_contain_text(f"items {item.external_id}")
    expect(staff_page.locator("#rule-preview")).to_contain_text("1 item")
    assert fits(staff_page)
    screenshot("typed")
    publish(staff_page)
    staff_page.goto(web.url)
    expect(staff_page.locator(".section .card").first).to_have_attribute("data-item", str(item.pk))
    screenshot("homepage")


def test_promote_a_brand_this_weekend(web: Web, staff_page: Page, screenshot: Screenshot) -> None:
    brand = Brand.objects.filter(items__isnull=False).order_by("name").first()
    staff_page.goto(f"{web.url}/admin/recommender/rule/add/")
    staff_page.locator(".select2-selection").first.click()
    staff_page.get_by_role("option", name=brand.name, exact=True).click()
    expect(staff_page.locator("#rule-preview")).to_contain_text(f"brand {brand.name}")
    staff_page.get_by_role("button", name="this weekend").click()
    expect(staff_page.locator("#rule-preview")).to_contain_text("until")
    screenshot("typed")
    publish(staff_page)
    rule = Rule.objects.get(target="brand")
    assert rule.target_ids == [brand.pk]
    assert (rule.ends_at - rule.starts_at).days == 2


def test_a_draft_is_tried_changed_and_tried_again(web: Web, staff_page: Page, screenshot: Screenshot) -> None:
    staff_page.goto(web.url)
    brand = Brand.objects.filter(items__isnull=False).order_by("name").first()
    staff_page.goto(f"{web.url}/admin/recommender/rule/add/")
    staff_page.locator(".select2-selection").first.click()
    staff_page.get_by_role("option", name=brand.name, exact=True).click()
    button = staff_page.get_by_role("button", name="Try it on yesterday's pages")
    button.click()
    expect(staff_page.locator("#what-if")).to_contain_text("It waits for a worker")
    expect(button).to_be_disabled()
    for job in JobRun.objects.filter(kind=KIND, status="queued"):
        job_run(job.pk, {KIND: what_if_do})
    expect(staff_page.locator("#what-if")).to_contain_text("pages of the last day")
    expect(button).to_be_enabled()
    told = staff_page.get_by_text("The draft has been changed since it was tried.")
    expect(told).to_be_hidden()
    staff_page.locator("#id_factor").fill("9")
    expect(told).to_be_visible()
    screenshot("changed")
    trials = JobRun.objects.filter(kind=KIND).count()
    button.click()
    expect(told).to_be_hidden()
    expect(staff_page.locator("#what-if")).to_contain_text("It waits for a worker")
    assert JobRun.objects.filter(kind=KIND).count() == 2 * trials


def test_on_a_phone_a_list_has_no_empty_line(web: Web, staff_page: Page, screenshot: Screenshot) -> None:
    staff_page.goto(web.url)
    staff_page.goto(f"{web.url}/admin/recommender/ruleset/")
    last = staff_page.locator("#result_list td.field-again:empty")  # of what serves now: no button to bring it back
    expect(last).to_have_count(1)
    expect(last).to_have_css("display", "table-cell")
    staff_page.set_viewport_size({"width": 390, "height": 844})
    expect(last).to_have_css("display", "none")
    expect(staff_page.locator("#result_list td.field-said").first).to_be_visible()
    assert fits(staff_page)
    screenshot("phone")


def test_knobs_are_turned_beside_what_serves(web: Web, staff_page: Page, screenshot: Screenshot) -> None:
    staff_page.goto(f"{web.url}/admin/recommender/knobs/")
    dial = staff_page.locator(".op-dial").filter(has=staff_page.locator("#id_diversity"))
    before = Live.objects.get().ruleset.content["knobs"]["diversity"]
    expect(dial).to_contain_text(f"serving now: {before}")
    expect(dial).not_to_have_class(re.compile("is-changed"))
    dial.get_by_role("slider").fill("0.6")
    expect(dial.locator("#id_diversity")).to_have_value("0.6")
    expect(dial).to_have_class(re.compile("is-changed"))
    assert fits(staff_page)
    screenshot("turned")
    publish(staff_page)
    assert Live.objects.get().ruleset.content["knobs"]["diversity"] == 0.6
    staff_page.get_by_role("link", name="Undo").click()
    staff_page.get_by_role("button", name="Make live again").click()
    expect(staff_page.get_by_text("is live again")).to_be_visible()
    assert Live.objects.get().ruleset.content["knobs"]["diversity"] == before


def test_a_page_is_found_on_today_and_laid_open(web: Web, staff_page: Page, screenshot: Screenshot) -> None:
    staff_page.goto(web.url)
    shown = Impression.objects.filter(synthetic=False, surface="homepage").order_by("-pk").first()
    staff_page.goto(f"{web.url}/admin/")
    staff_page.locator(f"a[href$='?q={shown.pk}']").click()
    expect(staff_page.locator(".op-inspected")).to_have_count(len(shown.item_ids))
    expect(staff_page.locator(".op-road").first).to_be_visible()
    staff_page.get_by_role("button", name="Replay now").click()
    expect(staff_page.locator("#replay-verdict")).to_contain_text("Decided again just now: the same page.")
    assert fits(staff_page)
    screenshot("road")


def test_today_draws_its_plots(web: Web, staff_page: Page, screenshot: Screenshot) -> None:
    staff_page.goto(f"{web.url}/admin/")
    expect(staff_page.locator(".op-figure")).to_have_count(6)
    canvases = staff_page.locator("canvas.chart")
    assert canvases.count() >= 3
    drawn = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(v => v)"""
    for canvas in canvases.all():
        assert canvas.evaluate(drawn)
    staff_page.get_by_text("The table behind it").first.click()
    expect(staff_page.locator("details[open] td").first).to_be_visible()
    assert fits(staff_page)
    screenshot("today")


def test_train_now_queues_a_job_whose_page_is_live(web: Web, staff_page: Page, screenshot: Screenshot) -> None:
    staff_page.goto(f"{web.url}/admin/recommender/bundleversion/")
    staff_page.get_by_role("link", name="Train now").click()
    staff_page.get_by_role("button", name="Train now").click()
    expect(staff_page.locator("#job-progress")).to_contain_text("queued")
    job = JobRun.objects.get(kind="train")
    JobRun.objects.filter(pk=job.pk).update(status="running", step="Learning sequences", done=3, total=4, attempts=1)
    expect(staff_page.locator("#job-progress")).to_contain_text("Learning sequences")
    expect(staff_page.locator("#job-progress progress")).to_have_attribute("value", "75")
    screenshot("running")
    curves = {"loss": [[1, 0.9], [2, 0.5]]}
    JobRun.objects.filter(pk=job.pk).update(status="succeeded", done=4, curves=curves)
    expect(staff_page.locator("canvas.chart")).to_be_visible()
    expect(staff_page.get_by_role("button", name="Cancel")).to_have_count(0)
    staff_page.goto(f"{web.url}/admin/recommender/jobrun/")
    expect(staff_page.locator("#result_list")).to_contain_text("training")
