"""The shop in a real browser: what the first minute of a shopper promises."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from catalog.models import Item
from tests.fixtures.browser import PHONE
from tests.fixtures.databases import Database
from tests.fixtures.web import Web
from users.kinds import Kind
from users.models import Interaction, Order, Shopper, User

pytestmark = pytest.mark.browser

Screenshot = Callable[[str], Path]


@pytest.fixture(scope="session")
def site_template(demo_shop: Database) -> Database:
    """These tests begin with the small demo shop."""
    return demo_shop


def first_row(page: Page) -> list[str]:
    """Item ids of the first row in order."""
    cards = page.locator("#first-row .card").all()
    return [card.get_attribute("data-item") or "" for card in cards]


def card_below(page: Page, index: int = 0) -> str:
    """Address of a product below the first row."""
    return page.locator(".section:not(#first-row) .card__title a").nth(index).get_attribute("href") or ""


def latest(kind: Kind) -> Interaction | None:
    return Interaction.objects.filter(kind=kind, shopper__synthetic=False).order_by("-pk").first()


def test_first_visit_makes_no_shopper(web: Web, browser_page: Page) -> None:
    before = Shopper.objects.count()
    browser_page.goto(web.url)
    expect(browser_page.locator("#first-row .card").first).to_be_visible()
    browser_page.wait_for_timeout(1500)
    assert Shopper.objects.count() == before
    assert not [cookie for cookie in browser_page.context.cookies() if cookie["name"] == "dpe_guest"]


def test_click_and_back_moves_the_first_row(web: Web, browser_page: Page, screenshot: Screenshot) -> None:
    browser_page.goto(web.url)
    before = first_row(browser_page)
    screenshot("before")
    browser_page.goto(web.url + card_below(browser_page))
    expect(browser_page.get_by_role("heading", level=1)).to_be_visible()
    browser_page.go_back()
    browser_page.wait_for_function(
        "before => [...document.querySelectorAll('#first-row .card')].map(card => card.dataset.item).join() !== before",
        arg=",".join(before),
    )
    screenshot("after")
    assert first_row(browser_page) != before
    viewed = latest(Kind.VIEW)
    assert viewed is not None
    assert viewed.impression is not None
    assert viewed.position is not None


def test_who_goes_back_finds_the_page_as_it_is_now(web: Web, browser_page: Page) -> None:
    """Also where the first look has set every cookie, so that the browser could take the page as it was."""
    for _look in range(2):
        browser_page.goto(web.url)
        browser_page.goto(web.url + card_below(browser_page))
    browser_page.goto(web.url)
    card = browser_page.locator(".section:not(#first-row) .card").nth(2)
    item = str(card.get_attribute("data-item"))
    card.locator("h3 a").click()
    browser_page.locator("#feel").get_by_role("button", name="Not for me").click()
    expect(browser_page.locator("#feel [aria-pressed=true]")).to_have_count(1)
    browser_page.go_back()
    expect(browser_page.locator("#first-row .card").first).to_be_visible()
    expect(browser_page.locator(f"main .card[data-item='{item}']")).to_have_count(0)


def test_reload_is_the_same_look(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    browser_page.goto(web.url + card_below(browser_page))
    views = Interaction.objects.filter(kind=Kind.VIEW).count()
    browser_page.reload()
    assert Interaction.objects.filter(kind=Kind.VIEW).count() == views


def test_not_for_me_folds_the_card_away_and_undo_brings_it_back(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    card = browser_page.locator("#first-row .card").first
    item = card.get_attribute("data-item")
    shown = len(first_row(browser_page))
    card.get_by_role("button", name=re.compile("Not for me")).click()
    expect(browser_page.locator(f"main .card[data-item='{item}']")).to_have_count(0)
    expect(browser_page.locator("#first-row .card")).to_have_count(shown)
    toast = browser_page.locator("[data-toast]")
    expect(toast).to_be_visible()
    toast.get_by_role("button", name="Undo").click()
    expect(browser_page.locator(f"#first-row .card[data-item='{item}']")).to_have_count(1)
    undone = latest(Kind.UNDO)
    disliked = latest(Kind.DISLIKE)
    assert undone is not None
    assert disliked is not None
    assert undone.undoes == disliked.pk


def test_not_for_me_lasts(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    card = browser_page.locator("#first-row .card").first
    item = card.get_attribute("data-item")
    card.get_by_role("button", name=re.compile("Not for me")).click()
    expect(browser_page.locator("[data-toast]")).to_be_visible()
    browser_page.reload()
    expect(browser_page.locator(f".card[data-item='{item}']")).to_have_count(0)


def test_the_page_goes_on_at_its_end_and_the_keyboard_goes_with_it(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    shown = browser_page.locator("main .card").count()
    for _page in range(2):
        browser_page.get_by_role("link", name="More to see").focus()
        browser_page.keyboard.press("Enter")
        browser_page.wait_for_function("n => document.querySelectorAll('main .card').length > n", arg=shown)
        expect(browser_page.get_by_role("group", name="More to see").last).to_be_focused()
        shown = browser_page.locator("main .card").count()
    items = [card.get_attribute("data-item") for card in browser_page.locator("main .card").all()]
    assert len(set(items)) == len(items)


def test_heart_keeps_an_item(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    card = browser_page.locator(".section:not(#first-row) .card").first
    item = card.get_attribute("data-item")
    heart = card.get_by_role("button", name=re.compile("Favourite"))
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "true")
    browser_page.goto(f"{web.url}/favourites/")
    expect(browser_page.locator(f".card[data-item='{item}']")).to_be_visible()


def test_like_on_the_product_page_can_be_taken_back(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    browser_page.goto(web.url + card_below(browser_page))
    like = browser_page.get_by_role("button", name="More like this")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "false")


def test_why_sheet_says_the_cause_and_closes(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    why = browser_page.locator("#first-row .card__why").first
    reason = (why.locator("span").first.inner_text()).removeprefix("Why this? ").strip()
    why.click()
    sheet = browser_page.get_by_role("dialog")
    expect(sheet).to_be_visible()
    expect(sheet).to_contain_text(reason.split("\n")[-1])
    browser_page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_taste_strip_ends_after_three_taps_and_stays_away(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    for tapped in range(1, 4):
        browser_page.locator(".strip__picture[aria-pressed='false']").first.click()
        if tapped < 3:
            expect(browser_page.locator(".strip__picture[aria-pressed='true']")).to_have_count(tapped)
    expect(browser_page.locator("#strip")).to_have_count(0)
    browser_page.reload()
    expect(browser_page.locator("#strip")).to_have_count(0)
    shopper = Shopper.objects.filter(synthetic=False).latest("pk")
    assert Interaction.objects.filter(shopper=shopper, kind=Kind.LIKE).count() == 3


def test_taste_strip_can_be_skipped_for_good(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    browser_page.get_by_role("button", name="Skip", exact=True).click()
    expect(browser_page.locator("#strip")).to_have_count(0)
    browser_page.reload()
    expect(browser_page.locator("#first-row")).to_be_visible()
    expect(browser_page.locator("#strip")).to_have_count(0)


def test_basket_to_order(web: Web, browser_page: Page) -> None:
    orders = Order.objects.count()
    browser_page.goto(web.url)
    browser_page.goto(web.url + card_below(browser_page, 2))
    browser_page.get_by_role("button", name="Add to basket").click()
    expect(browser_page.locator("#basket-count")).to_contain_text("1")
    browser_page.goto(f"{web.url}/basket/")
    browser_page.get_by_label("How many").select_option("2")
    expect(browser_page.locator(".total").first).to_contain_text("2 pieces")
    browser_page.get_by_role("link", name="To the checkout").click()
    for label, words in [("Name", "Ada"), ("Street and number", "1 Mill Lane"), ("Town", "Ely"), ("Postcode", "CB7")]:
        browser_page.get_by_label(label).fill(words)
    browser_page.get_by_role("button", name=re.compile("Order for")).click()
    expect(browser_page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    assert Order.objects.count() == orders + 1


def test_login_takes_over_what_the_guest_did(web: Web, browser_page: Page) -> None:
    user = User.objects.create_user("ada", password="lovelace-1815")
    browser_page.goto(web.url)
    browser_page.goto(web.url + card_below(browser_page))
    guest = Shopper.objects.filter(synthetic=False).latest("pk")
    browser_page.goto(f"{web.url}/login/")
    browser_page.get_by_label("Username").fill("ada")
    browser_page.get_by_label("Password").fill("lovelace-1815")
    browser_page.locator("main").get_by_role("button", name="Log in").click()
    expect(browser_page.get_by_role("button", name="Log out")).to_be_visible()
    guest.refresh_from_db()
    assert guest.merged_into is not None
    assert guest.merged_into.user_id == user.pk
    browser_page.get_by_role("button", name="Log out").click()
    expect(browser_page.get_by_role("link", name="Log in")).to_be_visible()
    assert not [cookie for cookie in browser_page.context.cookies() if cookie["name"] == "dpe_guest"]


def test_search_by_words(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    title = browser_page.locator(".section:not(#first-row) .card__title").first.inner_text()
    browser_page.get_by_role("searchbox").fill(title)
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator(".card__title").first).to_have_text(title)


def test_search_for_nothing_has_a_way_on(web: Web, browser_page: Page) -> None:
    browser_page.goto(f"{web.url}/search/")
    expect(browser_page.get_by_role("link", name="To the homepage")).to_be_visible()


def test_department_narrows_and_sorts(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    browser_page.get_by_role("navigation", name="Departments").get_by_role("link").first.click()
    browser_page.get_by_role("link", name="Lowest price").click()
    prices = browser_page.locator(".grid .price").all_inner_texts()
    amounts = [float(re.sub(r"[^0-9.]", "", price.split()[0])) for price in prices]
    assert amounts == sorted(amounts)
    total = int(browser_page.locator(".toolbar p").inner_text().split()[0])
    browser_page.locator(".filters input[name=brand]").first.check()
    browser_page.get_by_role("button", name="Show these").click()
    assert 0 < int(re.sub(r"^One\b", "1", browser_page.locator(".toolbar p").inner_text()).split()[0]) < total


def test_everything_in_chinese(web: Web, browser_page: Page, screenshot: Screenshot) -> None:
    browser_page.goto(web.url)
    browser_page.get_by_role("button", name="简体中文").click()
    expect(browser_page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(browser_page.get_by_role("heading", level=2).nth(1)).to_have_text(re.compile("[\u4e00-\u9fff]"))
    screenshot("home")
    english = re.compile(r"\b(Add|Basket|Why|Favourite|Search|Skip|Trending|Because|New|Log)\b")
    assert not english.search(browser_page.locator("main").inner_text())


def test_taste_page_reads_and_turns(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    for index in range(3):
        browser_page.goto(web.url + card_below_from(browser_page, web, index))
    browser_page.goto(f"{web.url}/taste/")
    sentence = browser_page.locator(".interest p").first
    expect(sentence).to_contain_text(re.compile("You (have )?(looked|liked)"))
    browser_page.locator(".interest").first.get_by_role("button").first.click()
    expect(browser_page.locator(".interest input[type=range]").first).to_have_value("0")


def card_below_from(page: Page, web: Web, index: int) -> str:
    page.goto(web.url)
    return card_below(page, index)


def test_an_interest_is_turned_up_by_its_slider(web: Web, browser_page: Page) -> None:
    item = Item.objects.filter(status="active", department__isnull=False).first()
    browser_page.goto(f"{web.url}/item/{item.pk}/")
    browser_page.goto(f"{web.url}/taste/")
    interest = browser_page.locator(".interest").first
    expect(interest).to_contain_text("counts as it is")
    interest.get_by_role("slider").fill("200")
    expect(browser_page.locator(".interest").first).to_contain_text("counts more")
    expect(browser_page.locator(".toast")).to_contain_text("Your page follows.")
    expect(browser_page.locator(".toast__action")).to_have_count(0)
    assert list(Shopper.objects.get(state__raised_items__has_key=str(item.pk)).state.raised_items) == [str(item.pk)]


def test_erase_gives_a_receipt(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    browser_page.goto(web.url + card_below(browser_page))
    shopper = Shopper.objects.filter(synthetic=False).latest("pk")
    browser_page.goto(f"{web.url}/taste/")
    browser_page.get_by_text("Erase everything about me").click()
    browser_page.get_by_label("I am sure").check()
    browser_page.get_by_role("button", name="Erase", exact=True).click()
    expect(browser_page.get_by_role("heading", name="Erased")).to_be_visible()
    assert not Interaction.objects.filter(shopper=shopper).exists()


def test_without_javascript(web: Web, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE, locale="en-GB")
    page = context.new_page()
    page.goto(web.url)
    card = page.locator("#first-row .card").first
    item = card.get_attribute("data-item")
    card.get_by_role("button", name=re.compile("Not for me")).click()
    expect(page.locator(f".card[data-item='{item}']")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-toast]")).to_contain_text("Taken back.")
    page.locator(".card__why").first.click()
    expect(page.get_by_role("heading", name="Why this?", level=2)).to_be_visible()
    page.go_back()
    page.goto(web.url + card_below(page))
    page.get_by_role("button", name="Add to basket").click()
    expect(page.get_by_role("link", name="To the checkout")).to_be_visible()
    context.close()
