"""The shop for everybody: names for what can be pressed, room for a thumb, one heading, no sideways scrolling."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.browser import PHONE
from tests.fixtures.databases import Database
from tests.fixtures.web import Web

pytestmark = pytest.mark.browser

PATHS = ["/", "/department/books/", "/search/?q=lamp", "/basket/", "/taste/", "/login/", "/favourites/", "/nothing/"]
NAMELESS = """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select")]
  .filter(element => element.checkVisibility() && element.getAttribute("aria-hidden") !== "true")
  .filter(element => !(element.getAttribute("aria-label") || element.getAttribute("aria-labelledby")
    || element.innerText?.trim() || element.labels?.length || element.querySelector("img[alt]:not([alt=''])")))
  .map(element => element.outerHTML.slice(0, 120))"""
SMALL = """() => [...document.querySelectorAll("button")]
  .filter(element => element.checkVisibility())
  .filter(element => Math.min(element.offsetHeight, element.offsetWidth) < 40)
  .map(element => element.outerHTML.slice(0, 120))"""
WITHOUT_ALT = "() => [...document.querySelectorAll('img:not([alt])')].map(element => element.src)"


@pytest.fixture(scope="session")
def site_template(demo_shop: Database) -> Database:
    """These tests begin with the small demo shop."""
    return demo_shop


@pytest.mark.parametrize("path", PATHS)
def test_everything_has_a_name_and_room(web: Web, browser: Browser, path: str) -> None:
    context = browser.new_context(viewport=PHONE, locale="en-GB")
    page = context.new_page()
    page.goto(web.url + path)
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(SMALL) == []
    assert page.evaluate(WITHOUT_ALT) == []
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_the_first_key_leads_to_the_content(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    browser_page.keyboard.press("Tab")
    assert browser_page.evaluate("document.activeElement.className") == "skip-link"
    browser_page.keyboard.press("Enter")
    assert browser_page.evaluate("document.activeElement.id") == "main"


def test_the_keyboard_goes_on_where_it_pressed(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    browser_page.wait_for_load_state("networkidle")
    gone, stays = (browser_page.locator(f"{row} .card").nth(1) for row in ("#first-row", ".section:not(#first-row)"))
    item, title = str(gone.get_attribute("data-item")), gone.locator("h3").inner_text()
    gone.get_by_role("button", name="Not for me").press("Enter")
    expect(browser_page.locator(f"main .card[data-item='{item}']")).to_have_count(0)
    expect(gone.locator("h3 a")).to_be_focused()
    browser_page.locator("[data-toast] button").press("Enter")
    browser_page.wait_for_function("name => document.activeElement.ariaLabel === name", arg=f"Not for me: {title}")
    heart = stays.locator(".card__heart")
    heart.press("Enter")
    expect(heart).to_have_attribute("aria-pressed", "true")
    expect(heart).to_be_focused()


def test_a_dial_of_taste_keeps_the_keyboard(web: Web, browser_page: Page) -> None:
    browser_page.goto(web.url)
    browser_page.locator(".section:not(#first-row) .card h3 a").first.click()
    browser_page.get_by_role("button", name="More like this").click()
    browser_page.goto(f"{web.url}/taste/")
    name = str(browser_page.locator("input[type=range]").nth(1).get_attribute("aria-label"))
    dial = browser_page.get_by_label(name, exact=True)
    dial.focus()
    for _press in range(2):
        before = dial.element_handle()
        with browser_page.expect_response("**/taste/interest/"):
            browser_page.keyboard.press("ArrowRight")
        browser_page.wait_for_function("before => !before.isConnected", arg=before)
        expect(dial).to_be_focused()


def test_pictures_leave_no_jump(web: Web, browser_page: Page) -> None:
    browser_page.add_init_script(
        "window.moved = 0;"
        "new PerformanceObserver(list => list.getEntries().forEach(entry => window.moved += entry.value))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    browser_page.goto(web.url)
    browser_page.wait_for_load_state("networkidle")
    assert browser_page.evaluate("window.moved") < 0.02
